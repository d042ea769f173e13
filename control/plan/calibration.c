#include "control/plan/calibration.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <json-c/json.h>

#define FORMAT_VERSION 1

/*
 * Cycles per packet of a host that nobody measured, by enum dp_feature: 100 for a device's driver,
 * which rings do not have, and about twice what sluice calibrate found on a Xeon of 2023.
 */
static const double default_cycles[DP_FEATURE_COUNT] = {
	[DP_FEATURE_PLAIN] = 150,   [DP_FEATURE_POLICED] = 160, [DP_FEATURE_DROPPED] = 90,
	[DP_FEATURE_CLASSED] = 190, [DP_FEATURE_DIRECT] = 160,	[DP_FEATURE_QUEUED] = 300,
};

static void text_set(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from != NULL ? from : "");
}

static void cpu_model(char *model, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	text_set(model, size, "unknown");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *value = strstr(line, ": ");

		if (strncmp(line, "model name", 10) != 0 || value == NULL)
			continue;
		value[strcspn(value, "\n")] = '\0';
		text_set(model, size, value + 2);
		break;
	}
	if (file != NULL)
		(void)fclose(file);
}

void ctl_host_id_get(struct ctl_host_id *id)
{
	struct utsname name;

	*id = (struct ctl_host_id){ { 0 }, { 0 }, { 0 } };
	if (uname(&name) == 0) {
		text_set(id->host, sizeof(id->host), name.nodename);
		text_set(id->kernel, sizeof(id->kernel), name.release);
	}
	cpu_model(id->cpu, sizeof(id->cpu));
}

void ctl_calibration_default(struct ctl_calibration *calibration)
{
	*calibration = (struct ctl_calibration){ .hz = CTL_DEFAULT_HZ };
	for (unsigned i = 0; i < DP_FEATURE_COUNT; i++)
		for (unsigned j = 0; j < DP_COST_SIZES; j++)
			calibration->costs.of[i][j] = (struct dp_cost){ default_cycles[i],
									default_cycles[i] };
}

/* Falls back to the defaults, and says why and to what. */
static bool refuse(struct ctl_calibration *calibration, const char *why)
{
	ctl_calibration_default(calibration);
	(void)snprintf(
		calibration->origin, sizeof(calibration->origin),
		"%s; assumed instead: a gap of %.0f us and %.0f to %.0f cycles per packet at "
		"%.1f GHz (measure this host with: sluice calibrate)",
		why, CTL_DEFAULT_GAP_NS / 1e3, default_cycles[DP_FEATURE_PLAIN],
		default_cycles[DP_FEATURE_QUEUED] + default_cycles[DP_FEATURE_CLASSED] -
			default_cycles[DP_FEATURE_PLAIN],
		CTL_DEFAULT_HZ / 1e9);
	return false;
}

static bool read_text(struct json_object *from, const char *key, char *to, size_t size)
{
	struct json_object *value = json_object_object_get(from, key);

	text_set(to, size, json_object_get_string(value));
	return json_object_is_type(value, json_type_string);
}

/* A positive number. */
static bool read_number(struct json_object *from, const char *key, double *to)
{
	struct json_object *value = json_object_object_get(from, key);

	*to = json_object_get_double(value);
	return (json_object_is_type(value, json_type_int) ||
		json_object_is_type(value, json_type_double)) &&
	       isfinite(*to) && *to > 0;
}

static bool read_costs(struct json_object *root, struct dp_costs *costs)
{
	struct json_object *features = json_object_object_get(root, "cycles_per_packet");
	bool good = json_object_is_type(features, json_type_object);

	for (unsigned i = 0; good && i < DP_FEATURE_COUNT; i++) {
		struct json_object *feature = json_object_object_get(
			features, dp_feature_name((enum dp_feature)i));

		for (unsigned j = 0; good && j < DP_COST_SIZES; j++) {
			struct json_object *cost;
			char key[16];

			(void)snprintf(key, sizeof(key), "%u", dp_cost_frame_bytes[j]);
			cost = json_object_object_get(feature, key);
			good = read_number(cost, "median", &costs->of[i][j].median) &&
			       read_number(cost, "worst", &costs->of[i][j].worst);
		}
	}
	return good;
}

static bool read_gap(struct json_object *from, struct ctl_core_gap *gap)
{
	struct json_object *number = json_object_object_get(from, "core");
	double polls = 0, p999999_ns = 0, max_ns = 0;

	if (!json_object_is_type(number, json_type_int) || json_object_get_int(number) < 0 ||
	    !read_number(from, "polls", &polls) || !read_number(from, "gap_max_ns", &max_ns) ||
	    !read_number(from, "gap_p999999_ns", &p999999_ns) || max_ns > 1e12)
		return false;
	*gap = (struct ctl_core_gap){ (unsigned)json_object_get_int(number), (uint64_t)polls,
				      (uint64_t)p999999_ns, (uint64_t)max_ns };
	return true;
}

static bool read_gaps(struct json_object *root, struct ctl_calibration *calibration)
{
	struct json_object *cores = json_object_object_get(root, "cores");
	size_t n = json_object_is_type(cores, json_type_array) ? json_object_array_length(cores)
							       : 0;

	if (n == 0 || n > CTL_CALIBRATION_CORES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_gap(json_object_array_get_idx(cores, i), &calibration->cores[i]))
			return false;
	calibration->n_cores = (unsigned)n;
	return true;
}

static bool read_all(struct json_object *root, struct ctl_calibration *calibration)
{
	struct json_object *version = json_object_object_get(root, "sluice_calibration");
	double seconds = 0;
	bool good = json_object_get_int(version) == FORMAT_VERSION &&
		    read_text(root, "host", calibration->id.host, sizeof(calibration->id.host)) &&
		    read_text(root, "kernel", calibration->id.kernel,
			      sizeof(calibration->id.kernel)) &&
		    read_text(root, "cpu", calibration->id.cpu, sizeof(calibration->id.cpu)) &&
		    read_text(root, "date", calibration->date, sizeof(calibration->date)) &&
		    read_number(root, "seconds", &seconds) &&
		    read_number(root, "tsc_hz", &calibration->hz) &&
		    read_costs(root, &calibration->costs) && read_gaps(root, calibration);

	calibration->seconds = (unsigned)seconds;
	return good;
}

bool ctl_calibration_load(const char *path, const struct ctl_host_id *here,
			  struct ctl_calibration *calibration)
{
	struct json_object *root;
	char why[CTL_ORIGIN_MAX / 2];
	bool good;

	if (access(path, R_OK) != 0) {
		(void)snprintf(why, sizeof(why), "no calibration: %.100s: %s", path,
			       strerror(errno));
		return refuse(calibration, why);
	}
	*calibration = (struct ctl_calibration){ .hz = 0 };
	root = json_object_from_file(path);
	good = json_object_is_type(root, json_type_object) && read_all(root, calibration);
	json_object_put(root);
	if (!good) {
		(void)snprintf(why, sizeof(why), "%.100s is no calibration", path);
		return refuse(calibration, why);
	}
	if (strcmp(calibration->id.host, here->host) != 0 ||
	    strcmp(calibration->id.cpu, here->cpu) != 0) {
		(void)snprintf(why, sizeof(why), "%.100s is of another machine (%.40s, %.60s)",
			       path, calibration->id.host, calibration->id.cpu);
		return refuse(calibration, why);
	}
	(void)snprintf(calibration->origin, sizeof(calibration->origin),
		       "%.100s, %s on %.60s, %u s", path, calibration->date, calibration->id.host,
		       calibration->seconds);
	return true;
}

double ctl_calibration_gap_ns(const struct ctl_calibration *calibration, unsigned core)
{
	double worst_ns = 0;

	if (calibration->n_cores == 0)
		return CTL_DEFAULT_GAP_NS;
	for (unsigned i = 0; i < calibration->n_cores; i++) {
		if (calibration->cores[i].core == core)
			return (double)calibration->cores[i].max_ns;
		worst_ns = fmax(worst_ns, (double)calibration->cores[i].max_ns);
	}
	return worst_ns;
}

static void put_text(struct json_object *to, const char *key, const char *value)
{
	(void)json_object_object_add(to, key, json_object_new_string(value));
}

static void put_number(struct json_object *to, const char *key, uint64_t value)
{
	(void)json_object_object_add(to, key, json_object_new_int64((int64_t)value));
}

static void put_cycles(struct json_object *to, const char *key, double cycles)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.1f", cycles);
	(void)json_object_object_add(to, key, json_object_new_double_s(cycles, text));
}

static struct json_object *costs_json(const struct dp_costs *costs)
{
	struct json_object *features = json_object_new_object();

	for (unsigned i = 0; i < DP_FEATURE_COUNT; i++) {
		struct json_object *feature = json_object_new_object();

		for (unsigned j = 0; j < DP_COST_SIZES; j++) {
			struct json_object *cost = json_object_new_object();
			char key[16];

			(void)snprintf(key, sizeof(key), "%u", dp_cost_frame_bytes[j]);
			put_cycles(cost, "median", costs->of[i][j].median);
			put_cycles(cost, "worst", costs->of[i][j].worst);
			(void)json_object_object_add(feature, key, cost);
		}
		(void)json_object_object_add(features, dp_feature_name((enum dp_feature)i),
					     feature);
	}
	return features;
}

static struct json_object *gaps_json(const struct ctl_calibration *calibration)
{
	struct json_object *cores = json_object_new_array();

	for (unsigned i = 0; i < calibration->n_cores; i++) {
		const struct ctl_core_gap *gap = &calibration->cores[i];
		struct json_object *core = json_object_new_object();

		put_number(core, "core", gap->core);
		put_number(core, "polls", gap->polls);
		put_number(core, "gap_p999999_ns", gap->p999999_ns);
		put_number(core, "gap_max_ns", gap->max_ns);
		(void)json_object_array_add(cores, core);
	}
	return cores;
}

static struct json_object *calibration_json(const struct ctl_calibration *calibration)
{
	struct json_object *root = json_object_new_object();

	put_number(root, "sluice_calibration", FORMAT_VERSION);
	put_text(root, "date", calibration->date);
	put_text(root, "host", calibration->id.host);
	put_text(root, "kernel", calibration->id.kernel);
	put_text(root, "cpu", calibration->id.cpu);
	put_number(root, "seconds", calibration->seconds);
	put_number(root, "tsc_hz", (uint64_t)llround(calibration->hz));
	(void)json_object_object_add(root, "cycles_per_packet", costs_json(&calibration->costs));
	(void)json_object_object_add(root, "cores", gaps_json(calibration));
	return root;
}

/* The folder of the default path belongs to a package, which may not be there. */
static void folder_make(const char *path)
{
	char folder[CTL_ORIGIN_MAX];
	char *end;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	end = strrchr(folder, '/');
	if (end == NULL || end == folder)
		return;
	*end = '\0';
	(void)mkdir(folder, 0755);
}

int ctl_calibration_save(const char *path, const struct ctl_calibration *calibration)
{
	struct json_object *root = calibration_json(calibration);
	char temporary[CTL_ORIGIN_MAX];
	int err = 0;

	folder_make(path);
	(void)snprintf(temporary, sizeof(temporary), "%s.new", path);
	errno = 0;
	if (json_object_to_file_ext(temporary, root,
				    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED) != 0 ||
	    rename(temporary, path) != 0)
		err = errno != 0 ? -errno : -EIO;
	if (err != 0)
		(void)unlink(temporary);
	json_object_put(root);
	return err;
}
