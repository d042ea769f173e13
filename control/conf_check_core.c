#include "control/conf.h"

/* Routers of one core share it by percentages, or all alike; never some of them this way. */
static void check_share(const struct ctl_conf *conf, unsigned n, struct ctl_errors *errors)
{
	const struct ctl_conf_router *router = &conf->routers[n], *other = NULL;
	bool shares = router->at[CTL_ROUTER_SHARE].file != NULL;
	unsigned sum_percent = router->config.share_percent, i;

	for (i = 0; i < n; i++) {
		if (conf->routers[i].at[CTL_ROUTER_CORE].line == 0 ||
		    conf->routers[i].config.core != router->config.core)
			continue;
		other = other == NULL ? &conf->routers[i] : other;
		sum_percent += conf->routers[i].config.share_percent;
	}
	if (other != NULL && (other->at[CTL_ROUTER_SHARE].file != NULL) != shares)
		ctl_errors_add(
			errors, shares ? router->at[CTL_ROUTER_SHARE] : router->src,
			"router \"%s\" has %s share of core %u, but router \"%s\" at %s:%u has "
			"%s; give all routers of a core a share, or none for equal ones",
			router->config.name, shares ? "a" : "no", router->config.core,
			other->config.name, other->src.file, other->src.line,
			shares ? "none" : "one");
	else if (router->at[CTL_ROUTER_SHARE].line != 0 && sum_percent > DP_SHARE_MAX)
		ctl_errors_add(errors, router->at[CTL_ROUTER_SHARE],
			       "share %u makes %u per cent of core %u sold; at most %u are left",
			       router->config.share_percent, sum_percent, router->config.core,
			       sum_percent - router->config.share_percent < DP_SHARE_MAX
				       ? DP_SHARE_MAX - sum_percent + router->config.share_percent
				       : 0);
}

/* The first router of a core, and the first that has a share of it; NULL: none. */
static const struct ctl_conf_router *core_router(const struct ctl_conf *conf, unsigned core,
						 bool with_share)
{
	for (unsigned i = 0; i < conf->n_routers; i++) {
		const struct ctl_conf_router *router = &conf->routers[i];

		if (router->at[CTL_ROUTER_CORE].line != 0 && router->config.core == core &&
		    (!with_share || router->at[CTL_ROUTER_SHARE].line != 0))
			return router;
	}
	return NULL;
}

static void check_scheduler(const struct ctl_conf *conf, const struct ctl_conf_core *core,
			    struct ctl_errors *errors)
{
	bool slices = core->config.scheduler == DP_SCHEDULER_TIMESLICE;
	const struct ctl_conf_router *shares;

	if (slices && core->at[CTL_CORE_SLICE].file == NULL)
		ctl_errors_add(errors, core->at[CTL_CORE_SCHEDULER],
			       "scheduler \"timeslice\" needs a slice; add for example slice = "
			       "\"2ms\";");
	if (!slices && core->at[CTL_CORE_SLICE].line != 0 &&
	    (core->at[CTL_CORE_SCHEDULER].file == NULL || core->at[CTL_CORE_SCHEDULER].line != 0))
		ctl_errors_add(errors, core->at[CTL_CORE_SLICE],
			       "slice is for the scheduler \"timeslice\"; add scheduler = "
			       "\"timeslice\"; or remove it");
	shares = slices ? core_router(conf, core->config.core, true) : NULL;
	if (shares != NULL)
		ctl_errors_add(errors, shares->at[CTL_ROUTER_SHARE],
			       "core %u at %s:%u serves time slices, which are equal; remove the "
			       "share, or the scheduler",
			       core->config.core, core->src.file, core->src.line);
}

static void check_core(const struct ctl_conf *conf, unsigned n, struct ctl_errors *errors)
{
	const struct ctl_conf_core *core = &conf->cores[n];
	unsigned i;

	if (core->at[CTL_CORE_CORE].line == 0)
		return;
	for (i = 0; i < n; i++) {
		const struct ctl_conf_core *first = &conf->cores[i];

		if (first->at[CTL_CORE_CORE].line == 0 || first->config.core != core->config.core)
			continue;
		ctl_errors_add(errors, core->at[CTL_CORE_CORE],
			       "core %u is listed twice; the first is at %s:%u, say it all there",
			       core->config.core, first->at[CTL_CORE_CORE].file,
			       first->at[CTL_CORE_CORE].line);
		return;
	}
	if (core_router(conf, core->config.core, false) == NULL)
		ctl_errors_add(errors, core->at[CTL_CORE_CORE],
			       "core %u has no router; list cores that routers name",
			       core->config.core);
	check_scheduler(conf, core, errors);
}

void ctl_conf_check_cores(const struct ctl_conf *conf, struct ctl_errors *errors)
{
	for (unsigned i = 0; i < conf->n_routers; i++)
		if (conf->routers[i].at[CTL_ROUTER_CORE].line != 0)
			check_share(conf, i, errors);
	for (unsigned i = 0; i < conf->n_cores; i++)
		check_core(conf, i, errors);
}

struct dp_core_config ctl_conf_core_config(const struct ctl_conf *conf, unsigned core)
{
	for (unsigned i = 0; i < conf->n_cores; i++)
		if (conf->cores[i].config.core == core)
			return conf->cores[i].config;
	return (struct dp_core_config){ .core = core };
}
