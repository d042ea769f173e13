#include "bench/perf/manifest.h"

#include "bench/perf/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_version.h>

#include <json-c/json.h>

static void add_text(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

/* The first line of a file of the kernel; nothing where there is none. */
static void add_file(struct json_object *object, const char *key, const char *path)
{
	FILE *file = fopen(path, "re");
	char text[1024];

	if (!file)
		return;
	if (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		add_text(object, key, text);
	}
	(void)fclose(file);
}

static void add_kernel(struct json_object *object)
{
	struct utsname name;

	if (uname(&name) == 0) {
		add_text(object, "kernel", name.release);
		add_text(object, "machine", name.machine);
	}
	add_file(object, "kernel_command_line", "/proc/cmdline");
	add_file(object, "clock_source",
		 "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	json_object_object_add(object, "processors",
			       json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
}

struct json_object *perf_manifest_create(const struct perf_options *options)
{
	struct json_object *object = json_object_new_object();
	struct json_object *arguments = json_object_new_array();
	struct json_object *seeds = json_object_new_object();
	uint32_t i;
	int arg;

	add_text(object, "program", "sluice-perf " SLUICE_VERSION);
	for (arg = 0; arg < options->argc; arg++)
		json_object_array_add(arguments, json_object_new_string(options->argv[arg]));
	json_object_object_add(object, "arguments", arguments);
	for (i = 0; i < options->streams; i++)
		json_object_object_add(seeds, options->stream[i].name,
				       json_object_new_uint64(options->stream[i].seed));
	json_object_object_add(object, "seeds", seeds);
	add_text(object, "dpdk", rte_version());
	add_kernel(object);
	json_object_object_add(object, "clock_read_ns",
			       json_object_new_uint64(perf_clock_read_cost_ns()));
	return object;
}
