#include "control/plan/spoilers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define PATH_MAX_BYTES 256

/* First line of a file, without its end; false when there is no such file. */
static bool line_read(const char *root, const char *path, char line[LINE_MAX_BYTES])
{
	char full[PATH_MAX_BYTES];
	FILE *file;
	bool good;

	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	file = fopen(full, "re");
	if (file == NULL)
		return false;
	good = fgets(line, LINE_MAX_BYTES, file) != NULL;
	(void)fclose(file);
	if (good)
		line[strcspn(line, "\n")] = '\0';
	return good;
}

static bool cpu_line(const char *root, unsigned core, const char *name, char line[LINE_MAX_BYTES])
{
	char path[PATH_MAX_BYTES];

	(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/%s", core, name);
	return line_read(root, path, line);
}

/* Whether a list such as "0-3,8" has a number. */
static bool list_has(const char *list, unsigned number)
{
	while (*list != '\0') {
		char *end = NULL;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list)
			return false;
		if (*end == '-') {
			list = end + 1;
			last = strtoul(list, &end, 10);
		}
		if (number >= first && number <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

static void found_add(struct ctl_errors *found, unsigned core, const char *what, const char *remedy)
{
	ctl_errors_add(found, (struct ctl_src){ NULL, 0 }, "core %u %s; %s", core, what, remedy);
}

/* Frequency scaling: a core that sleeps or slows down takes more time for the same cycles. */
static void find_scaling(const char *root, unsigned core, struct ctl_errors *found)
{
	char line[LINE_MAX_BYTES], what[LINE_MAX_BYTES + 64], remedy[96];

	if (!cpu_line(root, core, "cpufreq/scaling_governor", line) ||
	    strcmp(line, "performance") == 0)
		return;
	(void)snprintf(what, sizeof(what), "changes its frequency (governor %.40s)", line);
	(void)snprintf(remedy, sizeof(remedy),
		       "set it with: cpupower -c %u frequency-set -g performance", core);
	found_add(found, core, what, remedy);
}

static void find_sibling(const char *root, unsigned core, struct ctl_errors *found)
{
	char line[LINE_MAX_BYTES];

	if (!cpu_line(root, core, "topology/thread_siblings_list", line) ||
	    strpbrk(line, ",-") == NULL)
		return;
	found_add(found, core, "shares its execution units with another CPU (SMT)",
		  "leave that one unused or switch SMT off with: echo off > "
		  "/sys/devices/system/cpu/smt/control");
}

static void find_isolation(const char *root, unsigned core, struct ctl_errors *found)
{
	char line[LINE_MAX_BYTES] = "", remedy[96];

	(void)snprintf(remedy, sizeof(remedy), "boot with isolcpus=%u", core);
	if (!line_read(root, "/sys/devices/system/cpu/isolated", line) || !list_has(line, core))
		found_add(found, core, "is not isolated: the scheduler puts other work on it",
			  remedy);
	line[0] = '\0';
	(void)snprintf(remedy, sizeof(remedy), "boot with nohz_full=%u rcu_nocbs=%u", core, core);
	if (!line_read(root, "/sys/devices/system/cpu/nohz_full", line) || !list_has(line, core))
		found_add(found, core, "has a timer tick even while its worker runs alone", remedy);
}

void ctl_spoilers_find(const char *root, unsigned core, struct ctl_errors *found)
{
	find_scaling(root, core, found);
	find_sibling(root, core, found);
	find_isolation(root, core, found);
}

void ctl_spoilers_find_common(const char *root, struct ctl_errors *found)
{
	char line[LINE_MAX_BYTES];

	if (line_read(root, "/proc/sys/kernel/sched_rt_runtime_us", line) &&
	    strcmp(line, "-1") != 0)
		ctl_errors_add(
			found, (struct ctl_src){ NULL, 0 },
			"real-time tasks are throttled (sched_rt_runtime_us is %.20s), which "
			"stops a worker that was given a real-time class; lift it with: sysctl "
			"-w kernel.sched_rt_runtime_us=-1",
			line);
	if (line_read(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
		      line) &&
	    strcmp(line, "tsc") != 0)
		ctl_errors_add(
			found, (struct ctl_src){ NULL, 0 },
			"the kernel's clock is %.20s and not the TSC, which it may have found "
			"unstable; boot with clocksource=tsc tsc=reliable",
			line);
	if (line_read(root, "/sys/hypervisor/type", line) ||
	    line_read(root, "/sys/class/dmi/id/sys_vendor", line)) {
		if (strstr(line, "QEMU") != NULL || strstr(line, "KVM") != NULL ||
		    strcmp(line, "xen") == 0)
			ctl_errors_add(
				found, (struct ctl_src){ NULL, 0 },
				"this is a virtual machine (%.40s), whose CPUs its host may take "
				"away; pin them, or run on the host itself",
				line);
	}
}
