#ifndef TESTS_CONTROL_PARITY_FRR_H
#define TESTS_CONTROL_PARITY_FRR_H

/*
 * zebra and staticd of FRR in the world's namespace, told what to do by vtysh. Whatever they make of
 * it, the kernel's tables are what counts.
 */

#include "mirror_world.h"

#include <signal.h>
#include <sys/wait.h>

#define FRR_START_NS 30000000000ULL
#define FRR_STOP_NS 10000000000ULL

enum { FRR_ZEBRA, FRR_STATICD, FRR_DAEMONS };

static const char *const frr_names[FRR_DAEMONS] = { "zebra", "staticd" };

struct frr {
	char dir[64]; /* sockets and files */
	const char *netns;
	pid_t pids[FRR_DAEMONS]; /* 0: does not run */
	FILE *commands;		 /* to vtysh, NULL: none runs */
	unsigned restarts;	 /* of daemons that ended by themselves */
	bool objects;
};

__attribute__((format(printf, 1, 2))) static inline void frr_shell(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static inline void frr_file(const struct frr *frr, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", frr->dir, name);
}

static inline void frr_daemon_exec(const struct frr *frr, unsigned daemon)
{
	char program[64], conf[96], pid[96], log[96];

	snprintf(program, sizeof(program), "/usr/lib/frr/%s", frr_names[daemon]);
	snprintf(conf, sizeof(conf), "%s/%s.conf", frr->dir, frr_names[daemon]);
	snprintf(pid, sizeof(pid), "%s/%s.pid", frr->dir, frr_names[daemon]);
	snprintf(log, sizeof(log), "%s/%s.log", frr->dir, frr_names[daemon]);
	if (!freopen(log, "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		_exit(127);
	execlp("ip", "ip", "netns", "exec", frr->netns, program, "-N", frr->netns, "-P", "0", "-f",
	       conf, "-i", pid, (char *)NULL);
	_exit(127);
}

/* The socket by which others know that a daemon is there. */
static inline void frr_daemon_start(struct frr *frr, unsigned daemon, const char *sign)
{
	uint64_t since_ns = world_now_ns();
	char path[96];

	frr_file(frr, sign, path, sizeof(path));
	(void)unlink(path);
	fflush(NULL);
	frr->pids[daemon] = fork();
	assert_true(frr->pids[daemon] >= 0);
	if (frr->pids[daemon] == 0)
		frr_daemon_exec(frr, daemon);
	while (access(path, F_OK) != 0) {
		if (world_now_ns() - since_ns > FRR_START_NS)
			fail_msg("%s of FRR does not start", frr_names[daemon]);
		usleep(10000);
	}
}

static inline void frr_start(struct frr *frr, const char *netns, bool objects)
{
	frr->netns = netns;
	frr->objects = objects;
	snprintf(frr->dir, sizeof(frr->dir), "/run/frr/%s", netns);
	/* /run/frr itself comes with FRR's service, which need not have run here */
	frr_shell("install -d -o frr -g frr /run/frr %s && chmod 755 /run/frr", frr->dir);
	frr_shell("printf 'ip forwarding\\nipv6 forwarding\\nzebra work-queue 0\\n%s' "
		  ">%s/zebra.conf && : >%s/staticd.conf && chown frr:frr %s/*.conf",
		  objects ? "" : "no zebra nexthop kernel enable\\n", frr->dir, frr->dir, frr->dir);
	frr_daemon_start(frr, FRR_ZEBRA, "zserv.api");
	frr_daemon_start(frr, FRR_STATICD, "staticd.vty");
}

/* Those that have ended by themselves are started anew; what they had been told is lost with them. */
static inline void frr_revive(struct frr *frr)
{
	static const char *const signs[FRR_DAEMONS] = { "zserv.api", "staticd.vty" };

	for (unsigned i = 0; i < FRR_DAEMONS; i++) {
		int status;

		if (waitpid(frr->pids[i], &status, WNOHANG) != frr->pids[i])
			continue;
		print_message("%s of FRR ended with status %x, it is started anew\n", frr_names[i],
			      (unsigned)status);
		frr->restarts++;
		frr_daemon_start(frr, i, signs[i]);
	}
}

static inline void frr_batch_begin(struct frr *frr)
{
	char command[160];

	snprintf(command, sizeof(command), "vtysh --vty_socket %s -f /dev/stdin >/dev/null 2>&1",
		 frr->dir);
	frr->commands = popen(command, "w");
	assert_non_null(frr->commands);
}

__attribute__((format(printf, 2, 3))) static inline void frr_add(struct frr *frr,
								 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(frr->commands, format, args);
	va_end(args);
	fputc('\n', frr->commands);
}

/* Commands that a daemon refused are left out. */
static inline void frr_batch_end(struct frr *frr)
{
	(void)pclose(frr->commands);
	frr->commands = NULL;
}

/* They take their routes with them. */
static inline void frr_stop(struct frr *frr)
{
	for (unsigned i = FRR_DAEMONS; i-- > 0;) {
		uint64_t since_ns = world_now_ns();
		pid_t pid = frr->pids[i];

		frr->pids[i] = 0;
		if (pid <= 0)
			continue;
		kill(pid, SIGTERM);
		while (waitpid(pid, NULL, WNOHANG) == 0) {
			if (world_now_ns() - since_ns > FRR_STOP_NS)
				kill(pid, SIGKILL);
			usleep(10000);
		}
	}
}

static inline void frr_destroy(struct frr *frr)
{
	if (frr->dir[0] == '\0')
		return;
	frr_stop(frr);
	frr_shell("rm -rf %s", frr->dir);
}

#endif
