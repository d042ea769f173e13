#include "shaper/build.h"

#include "shaper/params.h"
#include "shaper/state.h"
#include "shaper/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Parts of the memory block, as offsets from its start. */
struct layout {
	size_t entries;
	size_t free;
	size_t enqueued_ticks;
	size_t wheel;
	size_t flows;
	size_t next;
	size_t profiles;
	size_t profile_of_flow;
	size_t end;
};

static size_t layout_add(size_t *end, size_t nbytes)
{
	size_t at = *end;

	*end = (at + nbytes + SHAPER_MEM_ALIGN - 1) & ~(size_t)(SHAPER_MEM_ALIGN - 1);
	return at;
}

static struct layout layout_plan(const struct shaper_params *params)
{
	const struct shaper_flow_params *flows = &params->flows;
	size_t npkts = (size_t)shaper_params_pool_pkts(params);
	struct layout plan = { 0 };

	layout_add(&plan.end,
		   sizeof(struct shaper) + params->nclasses * sizeof(struct shaper_class));
	plan.entries = layout_add(&plan.end, npkts * sizeof(struct shaper_entry));
	plan.free = layout_add(&plan.end, npkts * sizeof(uint32_t));
	plan.enqueued_ticks = layout_add(
		&plan.end, shaper_params_is_timed(params) ? npkts * sizeof(uint64_t) : 0);
	if (flows->nflows == 0)
		return plan;
	plan.wheel = layout_add(&plan.end, sizeof(struct shaper_wheel));
	plan.flows = layout_add(&plan.end, flows->nflows * sizeof(struct shaper_flow));
	plan.next = layout_add(&plan.end, flows->nflows * sizeof(uint32_t));
	plan.profiles = layout_add(&plan.end, flows->nprofiles * sizeof(struct shaper_profile));
	plan.profile_of_flow = layout_add(
		&plan.end, flows->profile_of_flow != NULL ? flows->nflows * sizeof(uint16_t) : 0);
	return plan;
}

size_t shaper_mem_bytes(const struct shaper_params *params)
{
	return layout_plan(params).end;
}

/* Checked parameters cannot fail. */
static void profile_set(struct shaper_profile *profile, const struct shaper_profile_params *params,
			uint64_t ticks_hz)
{
	(void)shaper_profile_init(profile, params->rate_bps, params->burst_bytes, ticks_hz);
}

/* Sorts classes by level, stable, and lists their weights in that order. */
static void rank_classes(struct shaper *shaper, const struct shaper_params *params,
			 uint32_t *levels, uint32_t *weights)
{
	uint32_t rank = 0;

	for (uint32_t level = 0; level < SHAPER_MAX_LEVELS; level++) {
		for (uint32_t i = 0; i < params->nclasses; i++) {
			if (params->classes[i].level != level)
				continue;
			shaper->class_of_rank[rank] = (uint8_t)i;
			shaper->classes[i].rank = (uint8_t)rank;
			levels[rank] = level;
			weights[rank] = params->classes[i].weight;
			rank++;
		}
	}
}

void shaper_class_limits_set(struct shaper_class *class, const struct shaper_params *params,
			     uint32_t index)
{
	const struct shaper_class_params *from = &params->classes[index];

	class->limit_bytes = shaper_params_limit_bytes(params, index);
	class->limit_ticks = shaper_params_wait_ticks(params, from->limit_ns);
	class->ecn_ticks = shaper_params_wait_ticks(params, from->ecn_ns);
	class->has &= SHAPER_HAS_FLOWS;
	if (from->profile.rate_bps != 0)
		class->has |= SHAPER_HAS_PROFILE;
	if (from->limit_ns != 0 || from->ecn_ns != 0)
		class->has |= SHAPER_HAS_TIMES;
}

static void class_init(struct shaper *shaper, const struct shaper_params *params, uint32_t index,
		       uint64_t now_ticks)
{
	struct shaper_class *class = &shaper->classes[index];
	uint8_t rank = class->rank;

	*class = (struct shaper_class){
		.rank = rank,
		.quota_pkts = params->classes[index].quota_pkts,
		.has = shaper->flow_class == index ? SHAPER_HAS_FLOWS : 0,
	};
	shaper_class_limits_set(class, params, index);
	profile_set(&class->profile, &params->classes[index].profile, params->ticks_hz);
	shaper_pacer_init(&class->pacer, &class->profile, now_ticks);
	shaper->levels[index] = params->classes[index].level;
}

static void flows_init(struct shaper *shaper, const struct shaper_params *params,
		       const struct layout *plan, uint64_t now_ticks)
{
	const struct shaper_flow_params *from = &params->flows;
	uint8_t *mem = (uint8_t *)shaper;
	struct shaper_profile *profiles = (void *)(mem + plan->profiles);
	uint16_t *profile_of_flow = (void *)(mem + plan->profile_of_flow);

	for (uint32_t i = 0; i < from->nprofiles; i++)
		profile_set(&profiles[i], &from->profiles[i], params->ticks_hz);
	if (from->profile_of_flow != NULL)
		memcpy(profile_of_flow, from->profile_of_flow, from->nflows * sizeof(uint16_t));
	shaper->flows = (struct shaper_flows){
		.nflows = from->nflows,
		.nprofiles = from->nprofiles,
		.quota_pkts = from->quota_pkts,
		.quota_bytes = shaper_params_flow_quota_bytes(params),
		.turn_bytes = shaper_params_longest_bytes(params),
		.flows = (void *)(mem + plan->flows),
		.profiles = profiles,
		.profile_of_flow = from->profile_of_flow != NULL ? profile_of_flow : NULL,
		.wheel = (void *)(mem + plan->wheel),
		.next = (void *)(mem + plan->next),
	};
	shaper_flows_init(&shaper->flows, now_ticks, params->ticks_hz);
}

int shaper_init(void *mem, const struct shaper_params *params, uint64_t now_ticks,
		struct shaper **result)
{
	uint32_t levels[SHAPER_MAX_CLASSES], weights[SHAPER_MAX_CLASSES];
	struct shaper *shaper = mem;
	struct layout plan;
	int err = shaper_params_check(params, NULL, 0);

	if (err != 0)
		return err;
	plan = layout_plan(params);
	memset(mem, 0, plan.end);
	shaper->adjust_bytes = rate_layer_adjust_bytes(params->layer);
	shaper->max_frame_bytes = params->max_frame_bytes;
	shaper->nclasses = params->nclasses;
	shaper->flow_class = params->flows.nflows != 0 ? params->flows.class_index : UINT32_MAX;
	shaper->next_event_ticks = UINT64_MAX;
	shaper->ticks_hz = params->ticks_hz;
	shaper->layer = params->layer;
	profile_set(&shaper->profile, &params->aggregate, params->ticks_hz);
	shaper_pacer_init(&shaper->pacer, &shaper->profile, now_ticks);
	rank_classes(shaper, params, levels, weights);
	shaper_sched_init(&shaper->sched, params->nclasses, levels, weights,
			  shaper_params_longest_bytes(params));
	for (uint32_t i = 0; i < params->nclasses; i++)
		class_init(shaper, params, i, now_ticks);
	shaper_pool_init(&shaper->pool, (void *)((uint8_t *)mem + plan.entries),
			 (void *)((uint8_t *)mem + plan.free),
			 shaper_params_is_timed(params)
				 ? (void *)((uint8_t *)mem + plan.enqueued_ticks)
				 : NULL,
			 (uint32_t)shaper_params_pool_pkts(params));
	if (params->flows.nflows != 0)
		flows_init(shaper, params, &plan, now_ticks);
	shaper->sweep_ticks = now_ticks;
	shaper_sweep_set(shaper);
	*result = shaper;
	return 0;
}
