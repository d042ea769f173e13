#include "bench/perf/eal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>

/* What pools and rings of a run take, with room: below this, ordinary memory is the better bet. */
#define NEEDED_HUGE_KIB (192L * 1024)

static bool running;

static long meminfo_value(const char *line, const char *key)
{
	size_t length = strlen(key);

	return strncmp(line, key, length) == 0 ? strtol(line + length, NULL, 10) : -1;
}

static bool enough_hugepages(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "re");
	long pages = 0, kib = 0, value;
	char line[128];

	if (!meminfo)
		return false;
	while (fgets(line, sizeof(line), meminfo)) {
		value = meminfo_value(line, "HugePages_Free:");
		pages = value >= 0 ? value : pages;
		value = meminfo_value(line, "Hugepagesize:");
		kib = value >= 0 ? value : kib;
	}
	(void)fclose(meminfo);
	return geteuid() == 0 && pages * kib >= NEEDED_HUGE_KIB;
}

/* One EAL core that floats over every processor this thread may use. */
static void describe_cores(char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "--lcores=0@(");
	const char *comma = "";
	cpu_set_t allowed;
	int cpu;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		CPU_SET(0, &allowed);
	for (cpu = 0; cpu < CPU_SETSIZE && used < size; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%d", comma, cpu);
		comma = ",";
	}
	if (used < size)
		(void)snprintf(text + used, size - used, ")");
}

int perf_eal_init(bool pci, struct perf_error *error)
{
	static char cores[4096], prefix[48];
	static char program[] = "sluice-perf", quiet[] = "--log-level=error";
	static char no_telemetry[] = "--no-telemetry", no_pci[] = "--no-pci";
	static char in_memory[] = "--in-memory", no_huge[] = "--no-huge";
	static char no_shconf[] = "--no-shconf", memory[] = "-m", mebibytes[] = "512";
	static char virtual_addresses[] = "--iova-mode=va";
	char *argv[16] = { program, cores, quiet, no_telemetry };
	int argc = 4;

	describe_cores(cores, sizeof(cores));
	if (!pci) {
		argv[argc++] = no_pci;
		argv[argc++] = virtual_addresses;
	}
	(void)snprintf(prefix, sizeof(prefix), "--file-prefix=sluice-perf-%ld", (long)getpid());
	argv[argc++] = prefix;
	if (enough_hugepages()) {
		argv[argc++] = in_memory;
	} else {
		argv[argc++] = no_shconf;
		argv[argc++] = no_huge;
		argv[argc++] = memory;
		argv[argc++] = mebibytes;
	}
	/* The EAL's own stream also goes to syslog, and closing that one at the end can deadlock
	 * with a driver's interrupt thread that writes its first message. */
	(void)rte_openlog_stream(stderr);
	if (rte_eal_init(argc, argv) < 0)
		return perf_error_set(error, -EIO, "DPDK did not start: %s",
				      rte_strerror(rte_errno));
	running = true;
	return 0;
}

void perf_eal_fini(void)
{
	char directory[256];

	if (!running)
		return;
	(void)snprintf(directory, sizeof(directory), "%s", rte_eal_get_runtime_dir());
	(void)rte_eal_cleanup();
	/* The EAL makes this directory even when it puts nothing into it. */
	(void)rmdir(directory);
	running = false;
}

bool perf_eal_runs(void)
{
	return running;
}

void perf_eal_join_thread(void)
{
	/* A thread that could not join works all the same, without a cache of buffers. */
	if (running)
		(void)rte_thread_register();
}

void perf_eal_leave_thread(void)
{
	if (running && rte_lcore_id() != LCORE_ID_ANY)
		rte_thread_unregister();
}
