#include "dataplane/worker.h"

#include "dataplane/clock.h"
#include "dataplane/core_sched.h"
#include "dataplane/dp_publish.h"
#include "dataplane/turn.h"
#include "dataplane/turn_cost.h"
#include "dataplane/why.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

/* Quiescent states and housekeeping are worth their cache misses only every so many turns. */
#define TURNS_PER_QUIESCENT 256U
/* Idle buckets are refreshed this often; far within policer_profile_max_idle_ticks(). */
#define REFRESH_TSC (1ULL << 32)
#define WORKER_NICE (-20)
#define CALL_POLL_US 20

_Static_assert(CORE_SCHED_SLOTS == DP_ROUTERS_MAX, "a slot of the circle is one of routers");

/* What a worker is to do between two turns. */
struct worker_call {
	void (*fn)(void *arg, uint64_t now_tsc);
	void *arg;
};

/** State of one core. */
struct worker {
	/* Writer: control. Reader: worker, acquire. A slot is NULL or a router. */
	alignas(RTE_CACHE_LINE_SIZE) struct dp_router *routers[DP_ROUTERS_MAX];
	bool stop;
	/* Writers: control sets it, the worker takes it away when it has done it; release, acquire. */
	struct worker_call *call;

	/* Writer: worker. Reader: control. */
	alignas(RTE_CACHE_LINE_SIZE) uint64_t loops;
	uint64_t busy_tsc, idle_tsc;
	struct lat_hist gaps; /* lengths of turns */
	struct gap_log gap_log;

	/* Shared as it says itself; its slots are those of routers. */
	struct core_sched sched;
	/* Worker only, by slot; of whoever was there before until it has learned anew. */
	struct turn_cost costs[DP_ROUTERS_MAX];

	/* Control only. */
	bool running;
	unsigned n_routers;
	uint64_t spent_before_tsc[DP_ROUTERS_MAX]; /* by slot: of its earlier routers */
	struct dp_core_config config; /* slice_ns 0: never configured, or round robin */
};

static struct worker workers[RTE_MAX_LCORE];

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void worker_housekeep(struct worker *worker, uint64_t now_tsc, uint64_t *refreshed_tsc)
{
	struct worker_call *call = __atomic_load_n(&worker->call, __ATOMIC_ACQUIRE);
	unsigned i;

	dp_publish_quiescent(1 + rte_lcore_id());
	if (unlikely(call != NULL)) {
		call->fn(call->arg, now_tsc);
		__atomic_store_n(&worker->call, NULL, __ATOMIC_RELEASE);
	}
	if (now_tsc - *refreshed_tsc < REFRESH_TSC)
		return;
	*refreshed_tsc = now_tsc;
	for (i = 0; i < DP_ROUTERS_MAX; i++) {
		struct dp_router *router = __atomic_load_n(&worker->routers[i], __ATOMIC_ACQUIRE);

		if (router != NULL)
			turn_refresh(router, now_tsc);
	}
}

/* One turn of whoever is next. @return when it was over */
static uint64_t worker_turn(struct worker *worker, uint64_t begin_tsc)
{
	unsigned slot = core_sched_next(&worker->sched, begin_tsc), handled = 0;
	struct dp_router *router = NULL;
	uint64_t end_tsc, spent_tsc, lost_tsc;

	if (likely(slot != CORE_SCHED_NONE))
		router = __atomic_load_n(&worker->routers[slot], __ATOMIC_ACQUIRE);
	if (likely(router != NULL))
		handled = turn_serve(router, begin_tsc);
	end_tsc = rte_rdtsc();
	spent_tsc = end_tsc - begin_tsc;
	*(handled != 0 ? &worker->busy_tsc : &worker->idle_tsc) += spent_tsc;
	lat_hist_record(&worker->gaps, spent_tsc, 1);
	if (likely(slot != CORE_SCHED_NONE)) {
		lost_tsc = turn_cost_lost(&worker->costs[slot], spent_tsc, handled);
		if (unlikely(lost_tsc != 0))
			gap_log_add(&worker->gap_log, begin_tsc, end_tsc, lost_tsc);
		/* a router does not pay for what the host did */
		if (handled != 0)
			core_sched_charge(&worker->sched, slot, spent_tsc - lost_tsc);
		else
			core_sched_charge_idle(&worker->sched, slot, end_tsc, spent_tsc - lost_tsc);
		if (likely(router != NULL))
			sojourn_settle(router->sojourn);
	}
	return end_tsc;
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
		last_tsc = worker_turn(worker, last_tsc);
		if (++worker->loops % TURNS_PER_QUIESCENT == 0)
			worker_housekeep(worker, last_tsc, &refreshed_tsc);
	}
	dp_publish_offline(1 + rte_lcore_id());
	return 0;
}

/* Everything but what control said about the core. */
static void worker_reset(struct worker *worker)
{
	struct dp_core_config config = worker->config;
	unsigned i;

	memset(worker, 0, sizeof(*worker));
	worker->config = config;
	lat_hist_init(&worker->gaps);
	core_sched_init(&worker->sched, clock_ns_to_tsc(DP_CORE_ROUND_NS),
			clock_ns_to_tsc(config.slice_ns));
	for (i = 0; i < DP_ROUTERS_MAX; i++)
		turn_cost_init(&worker->costs[i], clock_tsc_hz());
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
	worker_reset(worker);
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

int worker_configure(const struct dp_core_config *config, struct dp_why *why)
{
	if (config->core >= RTE_MAX_LCORE) {
		why_set(why, "core %u cannot run a worker: the highest number is %d", config->core,
			RTE_MAX_LCORE - 1);
		return -EINVAL;
	}
	if (workers[config->core].running) {
		why_set(why, "core %u serves routers already; its scheduler is chosen before",
			config->core);
		return -EBUSY;
	}
	workers[config->core].config = *config;
	return 0;
}

/* Quanta of all routers: those of equal shares depend on how many there are. */
static void quanta_set(struct worker *worker)
{
	unsigned slot;

	for (slot = 0; slot < DP_ROUTERS_MAX; slot++) {
		const struct dp_router *router = worker->routers[slot];

		if (router != NULL)
			core_sched_quantum_set(
				&worker->sched, slot,
				clock_ns_to_tsc(dp_core_quantum_ns(router->config.share_percent,
								   worker->n_routers)));
	}
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
	worker->spent_before_tsc[slot] = load(&worker->sched.slots[slot].spent_tsc);
	router->sojourn->gaps = &worker->gap_log;
	__atomic_store_n(&worker->routers[slot], router, __ATOMIC_RELEASE);
	worker->n_routers++;
	quanta_set(worker);
	return 0;
}

static unsigned slot_of(const struct worker *worker, const struct dp_router *router)
{
	unsigned slot;

	for (slot = 0; slot < DP_ROUTERS_MAX; slot++) {
		if (worker->routers[slot] == router)
			return slot;
	}
	return CORE_SCHED_NONE;
}

void worker_router_remove(unsigned core, struct dp_router *router)
{
	struct worker *worker = &workers[core];
	unsigned slot = slot_of(worker, router);

	if (slot == CORE_SCHED_NONE)
		return;
	core_sched_quantum_set(&worker->sched, slot, 0);
	__atomic_store_n(&worker->routers[slot], NULL, __ATOMIC_RELEASE);
	if (--worker->n_routers == 0)
		worker_stop(core);
	else
		quanta_set(worker);
}

void worker_call(const struct dp_router *router, void (*fn)(void *arg, uint64_t now_tsc), void *arg)
{
	struct worker *worker = &workers[router->config.core];
	struct worker_call call = { fn, arg };

	__atomic_store_n(&worker->call, &call, __ATOMIC_RELEASE);
	/* Sleeps, because a worker that has lost its CPU comes back after ms. */
	while (__atomic_load_n(&worker->call, __ATOMIC_ACQUIRE) != NULL)
		usleep(CALL_POLL_US);
}

void worker_share_set(const struct dp_router *router)
{
	quanta_set(&workers[router->config.core]);
}

int worker_share_get(const struct dp_router *router, struct dp_share *share)
{
	const struct worker *worker = &workers[router->config.core];
	unsigned slot = slot_of(worker, router);

	if (slot == CORE_SCHED_NONE)
		return -ENOENT;
	*share = (struct dp_share){
		.quantum_ns = dp_core_quantum_ns(router->config.share_percent, worker->n_routers),
		.spent_tsc = load(&worker->sched.slots[slot].spent_tsc) -
			     worker->spent_before_tsc[slot],
	};
	return 0;
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
		.scheduler = worker->config.scheduler,
		.slice_ns = worker->config.slice_ns,
		.loops = load(&worker->loops),
		.busy_tsc = load(&worker->busy_tsc),
		.idle_tsc = load(&worker->idle_tsc),
		.lost_tsc = load(&worker->gap_log.lost_tsc),
		.gap_p99_ns = clock_tsc_to_ns(lat_hist_quantile(&gaps, 990000)),
		.gap_p999_ns = clock_tsc_to_ns(lat_hist_quantile(&gaps, 999000)),
		.gap_max_ns = clock_tsc_to_ns(gaps.max),
	};
	return 0;
}
