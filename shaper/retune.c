#include "shaper/build.h"
#include "shaper/params.h"
#include "shaper/state.h"
#include "shaper/sweep.h"

#include <errno.h>
#include <stdio.h>

static int refuse(char *why, size_t why_len, const char *what)
{
	if (why != NULL && why_len != 0)
		snprintf(why, why_len, "%s cannot change while packets are queued: build anew",
			 what);
	return -EINVAL;
}

/* Whether the parameters describe the same classes and flows. */
static int check_same(const struct shaper *shaper, const struct shaper_params *params, char *why,
		      size_t why_len)
{
	const struct shaper_flow_params *flows = &params->flows;

	if (params->ticks_hz != shaper->ticks_hz)
		return refuse(why, why_len, "the clock");
	if (params->layer != shaper->layer)
		return refuse(why, why_len, "the layer");
	if (params->max_frame_bytes != shaper->max_frame_bytes)
		return refuse(why, why_len, "the longest frame");
	if (params->nclasses != shaper->nclasses)
		return refuse(why, why_len, "the number of classes");
	for (uint32_t i = 0; i < params->nclasses; i++) {
		if (params->classes[i].level != shaper->levels[i])
			return refuse(why, why_len, "the level of a class");
		if (params->classes[i].quota_pkts != shaper->classes[i].quota_pkts)
			return refuse(why, why_len, "the quota of a class");
	}
	if (shaper_params_is_timed(params) && shaper->pool.enqueued_ticks == NULL)
		return refuse(why, why_len, "a shaper without time limits");
	if (flows->nflows != shaper->flows.nflows ||
	    (flows->nflows != 0 && flows->class_index != shaper->flow_class))
		return refuse(why, why_len, "the set of flows");
	if (flows->nflows != 0 &&
	    (flows->profile_of_flow != NULL) != (shaper->flows.profile_of_flow != NULL))
		return refuse(why, why_len, "whether flows have profiles of their own");
	if (flows->nflows != 0 && (flows->nprofiles != shaper->flows.nprofiles ||
				   flows->quota_pkts != shaper->flows.quota_pkts))
		return refuse(why, why_len, "the number of profiles or the quota of flows");
	return 0;
}

static bool profile_differs(const struct shaper_profile *profile,
			    const struct shaper_profile_params *params)
{
	return profile->rate.value != params->rate_bps ||
	       profile->burst_bytes != params->burst_bytes;
}

static void profile_retune(struct shaper_profile *profile, struct shaper_pacer *pacer,
			   const struct shaper_profile_params *params, uint64_t ticks_hz,
			   uint64_t now_ticks)
{
	struct shaper_profile to;

	if (!profile_differs(profile, params) ||
	    shaper_profile_init(&to, params->rate_bps, params->burst_bytes, ticks_hz) != 0)
		return;
	shaper_pacer_convert(pacer, profile, &to, now_ticks);
	*profile = to;
}

static bool flows_differ(const struct shaper_flows *flows, const struct shaper_flow_params *params)
{
	for (uint32_t i = 0; i < flows->nprofiles; i++) {
		if (profile_differs(&flows->profiles[i], &params->profiles[i]))
			return true;
	}
	for (uint32_t i = 0; flows->profile_of_flow != NULL && i < flows->nflows; i++) {
		if (flows->profile_of_flow[i] != params->profile_of_flow[i])
			return true;
	}
	return false;
}

/* Every flow's bucket passes from its old profile to its new one, then the times of all change. */
static void flows_retune(struct shaper_flows *flows, const struct shaper_flow_params *params,
			 uint64_t ticks_hz, uint64_t now_ticks)
{
	for (uint32_t i = 0; i < flows->nflows; i++) {
		uint16_t of = params->profile_of_flow != NULL ? params->profile_of_flow[i] : 0;
		struct shaper_profile to;

		if (shaper_profile_init(&to, params->profiles[of].rate_bps,
					params->profiles[of].burst_bytes, ticks_hz) != 0)
			continue;
		shaper_pacer_convert(&flows->flows[i].pacer, shaper_flows_profile(flows, i), &to,
				     now_ticks);
		if (flows->profile_of_flow != NULL)
			flows->profile_of_flow[i] = of;
	}
	for (uint32_t i = 0; i < flows->nprofiles; i++)
		(void)shaper_profile_init(&flows->profiles[i], params->profiles[i].rate_bps,
					  params->profiles[i].burst_bytes, ticks_hz);
	shaper_flows_refile(flows, now_ticks);
}

int shaper_retune(struct shaper *shaper, const struct shaper_params *params, uint64_t now_ticks,
		  char *why, size_t why_len)
{
	uint32_t weights[SHAPER_MAX_CLASSES];
	int err = shaper_params_check(params, why, why_len);

	if (err == 0)
		err = check_same(shaper, params, why, why_len);
	if (err != 0)
		return err;
	shaper_sweep_all(shaper, now_ticks);
	profile_retune(&shaper->profile, &shaper->pacer, &params->aggregate, params->ticks_hz,
		       now_ticks);
	for (uint32_t i = 0; i < shaper->nclasses; i++) {
		struct shaper_class *class = &shaper->classes[i];

		shaper_class_limits_set(class, params, i);
		profile_retune(&class->profile, &class->pacer, &params->classes[i].profile,
			       params->ticks_hz, now_ticks);
		weights[class->rank] = params->classes[i].weight;
	}
	shaper_sched_set_weights(&shaper->sched, shaper->nclasses, weights,
				 shaper_params_longest_bytes(params));
	if (shaper->flows.nflows != 0) {
		shaper->flows.quota_bytes = shaper_params_flow_quota_bytes(params);
		if (flows_differ(&shaper->flows, &params->flows))
			flows_retune(&shaper->flows, &params->flows, params->ticks_hz, now_ticks);
	}
	shaper_sweep_set(shaper);
	shaper_settle_all(shaper, now_ticks);
	return 0;
}
