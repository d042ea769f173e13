#include "bench/perf/mlr.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LOADS 192
#define MAX_TRIALS_PER_LOAD 256
/* Preceding targets of a goal, then the goal itself. */
#define TARGETS 3

struct load {
	double pps;
	uint32_t trials;
	double loss[MAX_TRIALS_PER_LOAD];
	double received_pps; /* in the first trial */
};

enum bound { BOUND_UNDECIDED, BOUND_LOWER, BOUND_UPPER };

struct search {
	const struct perf_mlr_params *params;
	perf_trial_fn trial;
	void *context;
	uint32_t trials;
	uint32_t loads;
	struct load load[MAX_LOADS];
};

/* A goal as one of its targets asks for it. */
struct target {
	struct perf_mlr_goal goal;
	struct load *lower, *upper;
};

static enum bound classify(const struct search *search, const struct load *load,
			   const struct perf_mlr_goal *goal)
{
	double trial_s = (double)search->params->trial_ns / 1e9;
	double good_s = 0, bad_s = 0, whole_s = (double)goal->duration_sum_ns / 1e9;
	uint32_t i;

	for (i = 0; i < load->trials; i++) {
		if (load->loss[i] > goal->loss_ratio)
			bad_s += trial_s;
		else
			good_s += trial_s;
	}
	if (good_s + bad_s > whole_s)
		whole_s = good_s + bad_s;
	if (bad_s > goal->exceed_ratio * whole_s)
		return BOUND_UPPER;
	if (whole_s - good_s <= goal->exceed_ratio * whole_s)
		return BOUND_LOWER;
	return BOUND_UNDECIDED;
}

/* Relevant bounds: the smallest upper one, and the largest lower one below it. */
static void find_bounds(struct search *search, struct target *target)
{
	uint32_t i;

	target->lower = NULL;
	target->upper = NULL;
	for (i = 0; i < search->loads; i++) {
		struct load *load = &search->load[i];

		if (classify(search, load, &target->goal) == BOUND_UPPER &&
		    (!target->upper || load->pps < target->upper->pps))
			target->upper = load;
	}
	for (i = 0; i < search->loads; i++) {
		struct load *load = &search->load[i];

		if (classify(search, load, &target->goal) == BOUND_LOWER &&
		    (!target->upper || load->pps < target->upper->pps) &&
		    (!target->lower || load->pps > target->lower->pps))
			target->lower = load;
	}
}

static struct load *find_load(struct search *search, double pps)
{
	uint32_t i;

	for (i = 0; i < search->loads; i++)
		if (fabs(search->load[i].pps - pps) <= pps * 1e-9)
			return &search->load[i];
	if (search->loads == MAX_LOADS)
		return NULL;
	search->load[search->loads] = (struct load){ .pps = pps };
	return &search->load[search->loads++];
}

static int measure(struct search *search, double pps)
{
	const struct perf_trial params = {
		.load_pps = pps,
		.duration_ns = search->params->trial_ns,
	};
	struct load *load = find_load(search, pps);
	struct perf_trial_result result = { 0 };
	int err;

	if (!load || load->trials == MAX_TRIALS_PER_LOAD)
		return -ENOBUFS;
	err = search->trial(search->context, &params, &result);
	if (err)
		return err;
	search->trials++;
	if (load->trials == 0)
		load->received_pps = (double)result.received_pkts * 1e9 /
				     (double)search->params->trial_ns;
	load->loss[load->trials++] = perf_trial_loss(&result);
	return 0;
}

/* A load between the bounds that was begun and not decided goes first: its trials are not lost. */
static double begun_between(const struct search *search, const struct target *target)
{
	double low = target->lower ? target->lower->pps : 0;
	double high = target->upper ? target->upper->pps : search->params->max_pps * 1.000001;
	double begun = 0;
	uint32_t i;

	for (i = 0; i < search->loads; i++) {
		const struct load *load = &search->load[i];

		if (load->pps > low && load->pps < high && load->pps > begun &&
		    classify(search, load, &target->goal) == BOUND_UNDECIDED)
			begun = load->pps;
	}
	return begun;
}

/* No lower bound yet: what the device let through above, else a step down that grows. */
static double below(const struct search *search, const struct target *target)
{
	double upper = target->upper->pps;
	double guess = target->upper->received_pps * (1 - target->goal.width / 2);
	double step = upper / 2;

	if (guess < upper * (1 - target->goal.width) && guess > upper / 2)
		step = guess;
	return step < search->params->min_pps ? search->params->min_pps : step;
}

/* @return the next load to measure, 0 when the target is done */
static double select_load(struct search *search, struct target *target)
{
	double begun;

	find_bounds(search, target);
	if (!target->upper && target->lower && target->lower->pps >= search->params->max_pps)
		return 0;
	if (target->upper && target->upper->pps <= search->params->min_pps)
		return 0;
	if (target->upper && target->lower &&
	    target->lower->pps >= target->upper->pps * (1 - target->goal.width))
		return 0;
	begun = begun_between(search, target);
	if (begun > 0)
		return begun;
	if (!target->upper)
		return search->params->max_pps;
	if (!target->lower)
		return below(search, target);
	return sqrt(target->lower->pps * target->upper->pps);
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* RFC 9971, conditional throughput: the load less the loss that the exceed ratio tolerates. */
static double conditional_pps(const struct search *search, const struct load *load,
			      const struct perf_mlr_goal *goal)
{
	double trial_s = (double)search->params->trial_ns / 1e9;
	double rest_s = (double)goal->duration_sum_ns / 1e9;
	double loss[MAX_TRIALS_PER_LOAD];
	uint32_t i;

	if (rest_s < trial_s * load->trials)
		rest_s = trial_s * load->trials;
	rest_s *= 1 - goal->exceed_ratio;
	memcpy(loss, load->loss, sizeof(loss[0]) * load->trials);
	qsort(loss, load->trials, sizeof(loss[0]), by_value);
	for (i = 0; i + 1 < load->trials && rest_s > trial_s; i++)
		rest_s -= trial_s;
	return load->pps * (1 - loss[i]);
}

static void conclude(const struct search *search, const struct target *target,
		     struct perf_mlr_result *result)
{
	*result = (struct perf_mlr_result){ 0 };
	result->upper_pps = target->upper ? target->upper->pps : 0;
	if (!target->lower)
		return;
	result->reached = true;
	result->at_max = !target->upper;
	result->lower_pps = target->lower->pps;
	result->conditional_pps = conditional_pps(search, target->lower, &target->goal);
}

static int search_goal(struct search *search, const struct perf_mlr_goal *goal,
		       struct perf_mlr_result *result)
{
	static const uint32_t shares[TARGETS] = { 16, 4, 1 };
	static const uint32_t widths[TARGETS] = { 8, 2, 1 };
	struct target target = { 0 };
	double pps;
	int i, err = 0;

	for (i = 0; i < TARGETS && !err; i++) {
		target.goal = *goal;
		target.goal.duration_sum_ns /= shares[i];
		target.goal.width *= widths[i];
		while (!err && (pps = select_load(search, &target)) > 0)
			err = measure(search, pps);
	}
	if (!err)
		conclude(search, &target, result);
	return err;
}

int perf_mlr_search(const struct perf_mlr_params *params, perf_trial_fn trial, void *context,
		    struct perf_mlr_result *results, uint32_t *trials)
{
	struct search *search = calloc(1, sizeof(*search));
	uint32_t i;
	int err;

	if (!search)
		return -ENOMEM;
	search->params = params;
	search->trial = trial;
	search->context = context;
	/* The first trial warms caches and neighbours up; its result is not used. */
	err = measure(search, params->max_pps);
	search->loads = 0;
	for (i = 0; i < params->goals && !err; i++)
		err = search_goal(search, &params->goal[i], &results[i]);
	*trials = search->trials;
	free(search);
	return err;
}
