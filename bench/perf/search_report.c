#include "bench/perf/manifest.h"
#include "bench/perf/search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

static const char *goal_name(const struct perf_mlr_goal *goal)
{
	return goal->loss_ratio > 0 ? "PDR" : "NDR";
}

static double l1_gbps(const struct perf_search_result *result, double pps)
{
	return pps * (result->mean_frame_bytes + 20) * 8 / 1e9;
}

static void print_mlr(const struct perf_search_result *result)
{
	uint32_t i;

	printf("%-5s %9s %14s %14s %14s %12s\n", "goal", "loss %", "lower pps", "upper pps",
	       "conditional", "Gbit/s L1");
	for (i = 0; i < result->goals; i++) {
		const struct perf_mlr_result *mlr = &result->mlr[i];
		const struct perf_mlr_goal *goal = &result->goal[i];

		printf("%-5s %9.3f ", goal_name(goal), goal->loss_ratio * 100);
		if (!mlr->reached) {
			printf("not reached at any load above the lowest\n");
			continue;
		}
		printf("%14.0f %14.0f %14.0f %12.6f%s\n", mlr->lower_pps, mlr->upper_pps,
		       mlr->conditional_pps, l1_gbps(result, mlr->lower_pps),
		       mlr->at_max ? " (top of the search)" : "");
	}
}

static void print_bursts(const struct perf_search_result *result)
{
	const struct perf_back_to_back_result *burst = &result->burst;

	printf("throughput %.0f pps of %.0f pps\n", result->throughput_pps, result->max_pps);
	if (!result->burst_done) {
		printf("no burst search: the device forwards at line rate, so its buffer never "
		       "fills\n");
		return;
	}
	printf("back-to-back frames: mean %.1f, min %lu, max %lu, deviation %.1f%s\n",
	       burst->mean_pkts, burst->min_pkts, burst->max_pkts, burst->deviation_pkts,
	       burst->beyond ? " (some passed even the longest burst)" : "");
	printf("buffer: implied %.9f s, corrected %.9f s\n", burst->implied_s, burst->corrected_s);
}

void perf_search_print(const struct perf_search_result *result)
{
	printf("%u trials, frames of %.1f bytes with FCS, loads up to %.0f pps\n", result->trials,
	       result->mean_frame_bytes, result->max_pps);
	if (result->kind == PERF_SEARCH_THROUGHPUT)
		printf("throughput %.0f pps, %.6f Gbit/s L1%s\n", result->throughput_pps,
		       l1_gbps(result, result->throughput_pps),
		       result->throughput_pps >= result->max_pps ? " (top of the search)" : "");
	else if (result->kind == PERF_SEARCH_B2B)
		print_bursts(result);
	else
		print_mlr(result);
}

static void add_number(struct json_object *object, const char *key, double value)
{
	json_object_object_add(object, key, json_object_new_double(value));
}

static struct json_object *make_goals(const struct perf_search_result *result)
{
	struct json_object *goals = json_object_new_array();
	uint32_t i;

	for (i = 0; i < result->goals; i++) {
		const struct perf_mlr_result *mlr = &result->mlr[i];
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "goal",
				       json_object_new_string(goal_name(&result->goal[i])));
		json_object_object_add(object, "reached", json_object_new_boolean(mlr->reached));
		json_object_object_add(object, "at_max", json_object_new_boolean(mlr->at_max));
		add_number(object, "goal_loss_ratio", result->goal[i].loss_ratio);
		add_number(object, "exceed_ratio", result->goal[i].exceed_ratio);
		add_number(object, "duration_sum_s", (double)result->goal[i].duration_sum_ns / 1e9);
		add_number(object, "width", result->goal[i].width);
		add_number(object, "relevant_lower_pps", mlr->lower_pps);
		add_number(object, "relevant_upper_pps", mlr->upper_pps);
		add_number(object, "conditional_pps", mlr->conditional_pps);
		json_object_array_add(goals, object);
	}
	return goals;
}

static struct json_object *make_bursts(const struct perf_search_result *result)
{
	const struct perf_back_to_back_result *burst = &result->burst;
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "min_packets", json_object_new_uint64(burst->min_pkts));
	json_object_object_add(object, "max_packets", json_object_new_uint64(burst->max_pkts));
	json_object_object_add(object, "beyond", json_object_new_uint64(burst->beyond));
	add_number(object, "mean_packets", burst->mean_pkts);
	add_number(object, "deviation_packets", burst->deviation_pkts);
	add_number(object, "implied_buffer_s", burst->implied_s);
	add_number(object, "corrected_buffer_s", burst->corrected_s);
	return object;
}

int perf_search_write_json(const struct perf_search_result *result,
			   const struct perf_options *options, struct perf_error *error)
{
	struct json_object *root = json_object_new_object();
	int err = 0;

	json_object_object_add(root, "manifest", perf_manifest_create(options));
	json_object_object_add(root, "trials", json_object_new_uint64(result->trials));
	add_number(root, "max_pps", result->max_pps);
	add_number(root, "mean_frame_bytes", result->mean_frame_bytes);
	if (result->kind == PERF_SEARCH_THROUGHPUT || result->kind == PERF_SEARCH_B2B)
		add_number(root, "throughput_pps", result->throughput_pps);
	if (result->goals)
		json_object_object_add(root, "goals", make_goals(result));
	if (result->burst_done)
		json_object_object_add(root, "back_to_back", make_bursts(result));
	if (json_object_to_file_ext(options->json, root, JSON_C_TO_STRING_PRETTY) != 0)
		err = perf_error_set(error, -EIO, "cannot write %s: %s", options->json,
				     strerror(errno));
	(void)json_object_put(root);
	return err;
}
