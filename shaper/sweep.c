#include "shaper/sweep.h"

/* Flows that one step refreshes. */
#define STEP_FLOWS 64U

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void shaper_sweep_set(struct shaper *shaper)
{
	uint64_t idle_ticks = rate_max_idle_ticks(&shaper->profile.rate);
	uint32_t nsteps = shaper->flows.nflows / STEP_FLOWS + 1;

	for (uint32_t i = 0; i < shaper->nclasses; i++)
		idle_ticks = min_u64(idle_ticks,
				     rate_max_idle_ticks(&shaper->classes[i].profile.rate));
	for (uint32_t i = 0; i < shaper->flows.nprofiles; i++)
		idle_ticks = min_u64(idle_ticks,
				     rate_max_idle_ticks(&shaper->flows.profiles[i].rate));
	shaper->sweep_reset_ticks = idle_ticks;
	shaper->sweep_every_ticks = idle_ticks / 2 / nsteps;
}

/* Fills every bucket: after sweep_reset_ticks without a call no stamp can be trusted. */
static void sweep_reset(struct shaper *shaper, uint64_t now_ticks)
{
	struct shaper_flows *flows = &shaper->flows;

	shaper_pacer_init(&shaper->pacer, &shaper->profile, now_ticks);
	for (uint32_t i = 0; i < shaper->nclasses; i++)
		shaper_pacer_init(&shaper->classes[i].pacer, &shaper->classes[i].profile,
				  now_ticks);
	for (uint32_t i = 0; i < flows->nflows; i++)
		shaper_pacer_init(&flows->flows[i].pacer, shaper_flows_profile(flows, i),
				  now_ticks);
}

static void sweep_step(struct shaper *shaper, uint64_t now_ticks)
{
	uint32_t first = shaper->sweep_next;
	uint32_t end = first + STEP_FLOWS;

	shaper_pacer_refresh(&shaper->pacer, &shaper->profile, now_ticks);
	for (uint32_t i = 0; i < shaper->nclasses; i++)
		shaper_pacer_refresh(&shaper->classes[i].pacer, &shaper->classes[i].profile,
				     now_ticks);
	shaper->sweep_next = end;
	if (end >= shaper->flows.nflows) {
		end = shaper->flows.nflows;
		shaper->sweep_next = 0;
	}
	shaper_flows_refresh(&shaper->flows, first, end, now_ticks);
}

void shaper_sweep_all(struct shaper *shaper, uint64_t now_ticks)
{
	shaper->sweep_next = 0;
	do
		sweep_step(shaper, now_ticks);
	while (shaper->sweep_next != 0);
	shaper->sweep_ticks = now_ticks;
}

void shaper_sweep(struct shaper *shaper, uint64_t now_ticks)
{
	if (now_ticks - shaper->sweep_ticks >= shaper->sweep_reset_ticks) {
		sweep_reset(shaper, now_ticks);
		shaper->sweep_ticks = now_ticks;
	}
	while (now_ticks - shaper->sweep_ticks >= shaper->sweep_every_ticks) {
		sweep_step(shaper, now_ticks);
		shaper->sweep_ticks += shaper->sweep_every_ticks;
	}
}
