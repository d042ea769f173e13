#include "control/plan/calibration.h"
#include "control/plan/spoilers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_SIZE 128

static const struct ctl_host_id here = { "alpha", "6.1.0", "Example CPU" };

static char folder[] = "/tmp/sluice-test-XXXXXX";

static int folder_make(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int folder_remove(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void path_of(const char *name, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
}

static struct ctl_calibration *measured(void)
{
	static struct ctl_calibration calibration;

	calibration = (struct ctl_calibration){ .id = here,
						.date = "2026-01-02T03:04:05+0000",
						.seconds = 10,
						.hz = 2600000000,
						.n_cores = 2 };
	calibration.cores[0] = (struct ctl_core_gap){ 0, 1000, 20000, 3000000 };
	calibration.cores[1] = (struct ctl_core_gap){ 3, 1000, 10000, 50000 };
	for (unsigned i = 0; i < DP_FEATURE_COUNT; i++)
		for (unsigned j = 0; j < DP_COST_SIZES; j++)
			calibration.costs.of[i][j] = (struct dp_cost){ 10.0 * i + j + 1,
								       20.0 * i + j + 2 };
	return &calibration;
}

/* What is written is what is read. */
static void round_trip(void **state)
{
	static struct ctl_calibration read;
	const struct ctl_calibration *written = measured();
	char path[PATH_SIZE];

	(void)state;
	path_of("new-folder/calibration", path);
	assert_int_equal(ctl_calibration_save(path, written), 0);
	assert_true(ctl_calibration_load(path, &here, &read));
	assert_non_null(strstr(read.origin, "2026-01-02T03:04:05+0000 on alpha, 10 s"));
	assert_true(read.hz == written->hz);
	assert_int_equal(read.n_cores, 2);
	assert_memory_equal(read.cores, written->cores, 2 * sizeof(read.cores[0]));
	for (unsigned i = 0; i < DP_FEATURE_COUNT; i++)
		for (unsigned j = 0; j < DP_COST_SIZES; j++)
			assert_true(read.costs.of[i][j].worst == written->costs.of[i][j].worst &&
				    read.costs.of[i][j].median == written->costs.of[i][j].median);
	assert_true(ctl_calibration_gap_ns(&read, 3) == 50000);
	/* a core that nobody measured is taken for the worst one */
	assert_true(ctl_calibration_gap_ns(&read, 2) == 3000000);
}

static void expect_default(const char *path, const struct ctl_host_id *id, const char *words)
{
	static struct ctl_calibration read;

	assert_false(ctl_calibration_load(path, id, &read));
	assert_non_null(strstr(read.origin, words));
	assert_non_null(strstr(read.origin, "assumed instead: a gap of 1000 us and 150 to 340 "
					    "cycles per packet at 2.0 GHz"));
	assert_true(read.hz == CTL_DEFAULT_HZ);
	assert_true(ctl_calibration_gap_ns(&read, 1) == CTL_DEFAULT_GAP_NS);
}

static void foreign_and_broken(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{ \"sluice_calibration\": 2 }", "{ \"sluice_calibration\": 1 }",
	};
	struct ctl_host_id other_host = here, other_cpu = here, other_kernel = here;
	static struct ctl_calibration read;
	char path[PATH_SIZE];

	(void)state;
	path_of("calibration", path);
	expect_default(path, &here, "no calibration: ");
	assert_int_equal(ctl_calibration_save(path, measured()), 0);
	(void)strcpy(other_host.host, "beta");
	(void)strcpy(other_cpu.cpu, "Another CPU");
	(void)strcpy(other_kernel.kernel, "6.6.0");
	expect_default(path, &other_host, "is of another machine (alpha, Example CPU)");
	expect_default(path, &other_cpu, "is of another machine");
	assert_true(ctl_calibration_load(path, &other_kernel, &read));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		(void)fputs(texts[i], file);
		(void)fclose(file);
		expect_default(path, &here, "is no calibration");
	}
}

/* A value that is missing or no time at all makes the file useless. */
static void values_are_checked(void **state)
{
	static const struct {
		const char *from, *to;
	} edits[] = {
		{ "\"tsc_hz\": 2600000000", "\"tsc_hz\": 0" },
		{ "\"tsc_hz\": 2600000000", "\"tsc_hz\": -1" },
		{ "\"tsc_hz\": 2600000000", "\"tsc_hz\": \"fast\"" },
		{ "\"gap_max_ns\": 3000000", "\"gap_max_ns\": 0" },
		{ "\"core\": 3", "\"core\": -3" },
		{ "\"queued\"", "\"waited\"" },
		{ "\"1500\"", "\"9000\"" },
		{ "\"worst\": 2.0", "\"worst\": null" },
	};
	char path[PATH_SIZE], text[8192], edited[8192];

	(void)state;
	path_of("calibration", path);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		FILE *file;
		size_t len;
		char *found;

		assert_int_equal(ctl_calibration_save(path, measured()), 0);
		file = fopen(path, "re");
		assert_non_null(file);
		len = fread(text, 1, sizeof(text) - 1, file);
		(void)fclose(file);
		text[len] = '\0';
		found = strstr(text, edits[i].from);
		assert_non_null(found);
		(void)snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(found - text), text,
			       edits[i].to, found + strlen(edits[i].from));
		file = fopen(path, "we");
		assert_non_null(file);
		(void)fputs(edited, file);
		(void)fclose(file);
		expect_default(path, &here, "is no calibration");
	}
}

static void machine_file(const char *path, const char *text)
{
	char command[320], full[256];
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/machine%s", folder, path);
	(void)snprintf(command, sizeof(command), "mkdir -p $(dirname %s)", full);
	assert_int_equal(system(command), 0);
	file = fopen(full, "we");
	assert_non_null(file);
	(void)fprintf(file, "%s\n", text);
	(void)fclose(file);
}

static unsigned spoilers(unsigned core, struct ctl_errors *found)
{
	char root[PATH_SIZE];

	path_of("machine", root);
	ctl_errors_fini(found);
	ctl_spoilers_find(root, core, found);
	ctl_spoilers_find_common(root, found);
	return found->n;
}

#define CPU "/sys/devices/system/cpu/"

/* A machine that was set up well, and then each setting spoilt. */
static void what_spoils_guarantees(void **state)
{
	static const struct {
		const char *path, *good, *bad, *words;
	} settings[] = {
		{ CPU "cpu2/cpufreq/scaling_governor", "performance", "powersave",
		  "core 2 changes its frequency (governor powersave); set it with: cpupower -c 2" },
		{ CPU "cpu2/topology/thread_siblings_list", "2", "2,6",
		  "core 2 shares its execution units with another CPU (SMT)" },
		{ CPU "isolated", "1-3", "3", "core 2 is not isolated" },
		{ CPU "nohz_full", "1-3", "(null)", "core 2 has a timer tick" },
		{ "/proc/sys/kernel/sched_rt_runtime_us", "-1", "950000",
		  "real-time tasks are throttled (sched_rt_runtime_us is 950000)" },
		{ "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc", "hpet",
		  "the kernel's clock is hpet and not the TSC" },
		{ "/sys/class/dmi/id/sys_vendor", "Maker", "QEMU", "this is a virtual machine" },
	};
	struct ctl_errors found = { 0 };
	size_t n = sizeof(settings) / sizeof(settings[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		machine_file(settings[i].path, settings[i].good);
	assert_int_equal(spoilers(2, &found), 0);
	for (size_t i = 0; i < n; i++) {
		machine_file(settings[i].path, settings[i].bad);
		assert_int_equal(spoilers(2, &found), 1);
		assert_non_null(strstr(found.items[0].text, settings[i].words));
		assert_non_null(strstr(found.items[0].text, "; "));
		machine_file(settings[i].path, settings[i].good);
	}
	ctl_errors_fini(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(foreign_and_broken),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(what_spoils_guarantees),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
