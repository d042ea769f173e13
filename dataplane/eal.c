#include "dataplane/eal.h"

#include "dataplane/why.h"

#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#define ARGS_MAX (24 + 2 * DP_ROUTERS_MAX * DP_ROUTER_PORTS_MAX)
#define MIB (1024ULL * 1024)
/* EAL, ethdev and ring structures beside the pools themselves. */
#define OVERHEAD_BYTES (64 * MIB)

static bool hugepages;

struct arg_list {
	unsigned n;
	char *args[ARGS_MAX];
};

__attribute__((format(printf, 2, 3))) static int arg_add(struct arg_list *list, const char *format,
							 ...)
{
	va_list ap;
	int len;

	if (list->n + 1 >= ARGS_MAX)
		return -E2BIG;
	va_start(ap, format);
	len = vasprintf(&list->args[list->n], format, ap);
	va_end(ap);
	if (len < 0)
		return -ENOMEM;
	list->n++;
	return 0;
}

/* One size of the kernel's hugepages: .../hugepages-2048kB/free_hugepages */
static uint64_t hugepages_free_bytes(const char *path)
{
	const char *size = strstr(path, "hugepages-");
	unsigned long long free_pages = 0;
	FILE *file = fopen(path, "re");
	char line[32];

	if (file == NULL)
		return 0;
	if (size != NULL && fgets(line, sizeof(line), file) != NULL)
		free_pages = strtoull(line, NULL, 10);
	fclose(file);
	return size == NULL ? 0 : free_pages * strtoull(size + 10, NULL, 10) * 1024;
}

static bool hugepages_suffice(uint64_t needed_bytes)
{
	glob_t found;
	bool suffice = false;
	size_t i;

	if (glob("/sys/kernel/mm/hugepages/hugepages-*kB/free_hugepages", 0, NULL, &found) != 0)
		return false;
	for (i = 0; i < found.gl_pathc && !suffice; i++)
		suffice = hugepages_free_bytes(found.gl_pathv[i]) >= needed_bytes;
	globfree(&found);
	return suffice;
}

/* All CPUs this process may use, so that a router can be added on any of them later. */
static int arg_add_cores(struct arg_list *list, unsigned control_core)
{
	char cores[CPU_SETSIZE * 5] = "";
	cpu_set_t set;
	size_t used = 0;
	unsigned cpu;
	int err;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		used += (size_t)snprintf(cores + used, sizeof(cores) - used, "%s%u",
					 used == 0 ? "" : ",", cpu);
	}
	err = arg_add(list, "-l");
	err = err != 0 ? err : arg_add(list, "%s", cores);
	return err != 0 ? err : arg_add(list, "--main-lcore=%u", control_core);
}

static int arg_add_memory(struct arg_list *list, uint64_t needed_bytes)
{
	int err;

	if (hugepages)
		return arg_add(list, "--in-memory");
	err = arg_add(list, "--no-huge");
	err = err != 0 ? err : arg_add(list, "--no-shconf");
	err = err != 0 ? err : arg_add(list, "-m");
	return err != 0 ? err : arg_add(list, "%llu", (unsigned long long)(needed_bytes / MIB + 1));
}

static int arg_add_devices(struct arg_list *list, const struct dp_params *params)
{
	unsigned i;
	int err = 0;

	if (!params->needs_pci)
		return arg_add(list, "--no-pci");
	for (i = 0; i < params->n_pci_allow && err == 0; i++) {
		err = arg_add(list, "-a");
		err = err != 0 ? err : arg_add(list, "%s", params->pci_allow[i]);
	}
	return err;
}

static int args_build(struct arg_list *list, const struct dp_params *params)
{
	uint64_t needed_bytes = params->pool_bytes + OVERHEAD_BYTES;
	int err;

	hugepages = hugepages_suffice(needed_bytes);
	err = arg_add(list, "sluiced");
	err = err != 0 ? err : arg_add_cores(list, params->control_core);
	err = err != 0 ? err : arg_add_memory(list, needed_bytes);
	err = err != 0 ? err : arg_add_devices(list, params);
	err = err != 0 ? err : arg_add(list, "--file-prefix=%s", params->name);
	err = err != 0 ? err : arg_add(list, "--no-telemetry");
	err = err != 0 ? err : arg_add(list, "--log-level=*:warning");
	/* it warns of page sizes that the machine does not have, which is no news to the user */
	err = err != 0 ? err : arg_add(list, "--log-level=lib.eal:error");
	/* it cannot share its regions with secondary processes, and must not */
	return err != 0 ? err : arg_add(list, "--log-level=pmd.net.memif:critical");
}

int eal_init(const struct dp_params *params, struct dp_why *why)
{
	/* EAL reorders and keeps the pointers, so it gets an array of its own. */
	static struct arg_list list;
	char *argv[ARGS_MAX];
	unsigned i;
	int err;

	err = args_build(&list, params);
	if (err != 0) {
		why_set(why, "cannot build the arguments of DPDK: %s", strerror(-err));
		goto free_args;
	}
	memcpy(argv, list.args, sizeof(argv));
	/* its own stream also goes to syslog, and closing that one at the end can deadlock with a
	 * driver's interrupt thread that writes its first message */
	(void)rte_openlog_stream(stderr);
	if (rte_eal_init((int)list.n, argv) < 0) {
		err = rte_errno != 0 ? -rte_errno : -EIO;
		why_set(why, "DPDK does not start: %s (run as root; its own message is above)",
			rte_strerror(-err));
		goto free_args;
	}
	return 0;

free_args:
	for (i = 0; i < list.n; i++)
		free(list.args[i]);
	list.n = 0;
	return err;
}

void eal_fini(void)
{
	rte_eal_cleanup();
}

bool eal_has_hugepages(void)
{
	return hugepages;
}
