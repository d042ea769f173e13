#include "dataplane/worker.h"

#include "dataplane/clock.h"
#include "dataplane/dp_publish.h"
#include "dataplane/turn.h"
#include "dataplane/why.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

/* Quiescent states and housekeeping are worth their cache misses only every so many loops. */
#define LOOPS_PER_QUIESCENT 256U
/* Idle buckets are refreshed this often; far within policer_profile_max_idle_ticks(). */
#define REFRESH_TSC (1ULL << 32)
#define WORKER_NICE (-20)

/** State of one core. */
struct worker {
	/* Writer: control. Reader: worker, acquire. A slot is NULL or a router. */
	alignas(RTE_CACHE_LINE_SIZE) struct dp_router *routers[DP_ROUTERS_MAX];
	unsigned n_slots; /**< slots that were ever used */
	bool stop;

	/* Writer: worker. Reader: control. */
	alignas(RTE_CACHE_LINE_SIZE) uint64_t loops;
	uint64_t busy_tsc, idle_tsc;
	struct lat_hist gaps;

	/* Control only. */
	bool running;
	unsigned n_routers;
};

static struct worker workers[RTE_MAX_LCORE];

static void worker_housekeep(struct worker *worker, uint64_t now_tsc, uint64_t *refreshed_tsc)
{
	unsigned n = __atomic_load_n(&worker->n_slots, __ATOMIC_ACQUIRE), i;

	dp_publish_quiescent(1 + rte_lcore_id());
	if (now_tsc - *refreshed_tsc < REFRESH_TSC)
		return;
	*refreshed_tsc = now_tsc;
	for (i = 0; i < n; i++) {
		struct dp_router *router = __atomic_load_n(&worker->routers[i], __ATOMIC_ACQUIRE);

		if (router != NULL)
			turn_refresh(router, now_tsc);
	}
}

static unsigned worker_turn(struct worker *worker, uint64_t now_tsc)
{
	unsigned n = __atomic_load_n(&worker->n_slots, __ATOMIC_ACQUIRE);
	unsigned handled = 0, i;

	for (i = 0; i < n; i++) {
		struct dp_router *router = __atomic_load_n(&worker->routers[i], __ATOMIC_ACQUIRE);

		if (router != NULL)
			handled += turn_serve(router, now_tsc);
	}
	return handled;
}

/*
 * Whatever else the kernel puts on this core waits for its turn behind the worker, instead of
 * taking it away for milliseconds. A real-time class would be throttled, and would starve the
 * kernel's own threads of the core.
 */
static void worker_prioritise(void)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), WORKER_NICE);
}

static int worker_run(void *arg)
{
	struct worker *worker = arg;
	uint64_t last_tsc, refreshed_tsc;

	worker_prioritise();
	last_tsc = refreshed_tsc = rte_rdtsc();
	dp_publish_online(1 + rte_lcore_id());
	while (!__atomic_load_n(&worker->stop, __ATOMIC_RELAXED)) {
		unsigned handled = worker_turn(worker, last_tsc);
		uint64_t now_tsc = rte_rdtsc(), spent_tsc = now_tsc - last_tsc;

		*(handled != 0 ? &worker->busy_tsc : &worker->idle_tsc) += spent_tsc;
		lat_hist_record(&worker->gaps, spent_tsc, 1);
		last_tsc = now_tsc;
		if (++worker->loops % LOOPS_PER_QUIESCENT == 0)
			worker_housekeep(worker, now_tsc, &refreshed_tsc);
	}
	dp_publish_offline(1 + rte_lcore_id());
	return 0;
}

static int worker_start(unsigned core, struct dp_why *why)
{
	struct worker *worker = &workers[core];
	int err;

	if (core >= RTE_MAX_LCORE || !rte_lcore_is_enabled(core) || core == rte_get_main_lcore()) {
		why_set(why,
			"core %u cannot run a worker: it does not exist, is not allowed to "
			"this process or is the control core",
			core);
		return -EINVAL;
	}
	memset(worker, 0, sizeof(*worker));
	lat_hist_init(&worker->gaps);
	err = dp_publish_register(1 + core);
	if (err == 0)
		err = rte_eal_remote_launch(worker_run, worker, core);
	if (err != 0) {
		why_set(why, "worker on core %u does not start: %s", core, strerror(-err));
		dp_publish_unregister(1 + core);
		return err;
	}
	worker->running = true;
	return 0;
}

static void worker_stop(unsigned core)
{
	__atomic_store_n(&workers[core].stop, true, __ATOMIC_RELAXED);
	rte_eal_wait_lcore(core);
	dp_publish_unregister(1 + core);
	workers[core].running = false;
}

int worker_router_add(unsigned core, struct dp_router *router, struct dp_why *why)
{
	struct worker *worker = &workers[core];
	unsigned slot = 0;
	int err;

	if (core >= RTE_MAX_LCORE || !worker->running) {
		err = worker_start(core, why);
		if (err != 0)
			return err;
	}
	while (slot < DP_ROUTERS_MAX && worker->routers[slot] != NULL)
		slot++;
	if (slot == DP_ROUTERS_MAX) {
		why_set(why, "core %u serves %d routers already, which is the most", core,
			DP_ROUTERS_MAX);
		return -ENOSPC;
	}
	__atomic_store_n(&worker->routers[slot], router, __ATOMIC_RELEASE);
	if (slot >= worker->n_slots)
		__atomic_store_n(&worker->n_slots, slot + 1, __ATOMIC_RELEASE);
	worker->n_routers++;
	return 0;
}

void worker_router_remove(unsigned core, struct dp_router *router)
{
	struct worker *worker = &workers[core];
	unsigned slot;

	for (slot = 0; slot < worker->n_slots; slot++) {
		if (worker->routers[slot] != router)
			continue;
		__atomic_store_n(&worker->routers[slot], NULL, __ATOMIC_RELEASE);
		if (--worker->n_routers == 0)
			worker_stop(core);
		return;
	}
}

int worker_stats_get(unsigned core, struct dp_core_stats *stats)
{
	static struct lat_hist gaps; /* control thread only; too large for its stack */
	const struct worker *worker = &workers[core];

	if (core >= RTE_MAX_LCORE || !worker->running)
		return -ENOENT;
	lat_hist_init(&gaps);
	lat_hist_read(&gaps, &worker->gaps);
	*stats = (struct dp_core_stats){
		.loops = __atomic_load_n(&worker->loops, __ATOMIC_RELAXED),
		.busy_tsc = __atomic_load_n(&worker->busy_tsc, __ATOMIC_RELAXED),
		.idle_tsc = __atomic_load_n(&worker->idle_tsc, __ATOMIC_RELAXED),
		.gap_p99_ns = clock_tsc_to_ns(lat_hist_quantile(&gaps, 990000)),
		.gap_p999_ns = clock_tsc_to_ns(lat_hist_quantile(&gaps, 999000)),
		.gap_max_ns = clock_tsc_to_ns(gaps.max),
	};
	return 0;
}
