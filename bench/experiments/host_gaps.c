/*
 * When the host kept a CPU from the machine: a real-time thread that wants to run every millisecond.
 *
 * Nobody in the machine goes before it, so that it comes late when the host had the CPU, or when the
 * kernel was busy where it cannot be interrupted. Prints a line for each time that it was late by
 * more than so many us: since when it should have run and when it did, ns of CLOCK_MONOTONIC.
 *
 *   host_gaps CPU LEAST_US
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define PERIOD_NS 1000000LL
#define PRIORITY 90

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void watch(int64_t least_ns)
{
	for (;;) {
		int64_t due_ns = now_ns() + PERIOD_NS, woken_ns;
		struct timespec due = { .tv_sec = due_ns / NS_PER_S, .tv_nsec = due_ns % NS_PER_S };

		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
			continue;
		woken_ns = now_ns();
		if (woken_ns - due_ns > least_ns && printf("%ld %ld\n", due_ns, woken_ns) < 0)
			return;
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	const struct sched_param param = { .sched_priority = PRIORITY };
	cpu_set_t cpus;

	if (argc != 3) {
		fprintf(stderr, "usage: host_gaps CPU LEAST_US\n");
		return 2;
	}
	CPU_ZERO(&cpus);
	CPU_SET(strtoul(argv[1], NULL, 10), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0 ||
	    sched_setscheduler(0, SCHED_FIFO, &param) != 0 ||
	    mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
		perror("host_gaps");
		return 1;
	}
	watch(strtol(argv[2], NULL, 10) * 1000);
	return 1;
}
