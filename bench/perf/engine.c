#include "bench/perf/engine.h"

#include "bench/perf/clock.h"
#include "bench/perf/eal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define PROGRESS_NS 1000000000ULL
#define LOOK_NS 20000000L
/* How long to listen for duplicates when everything has arrived. */
#define DUPLICATES_NS 20000000ULL

/* The lanes of one thread. */
struct crew {
	struct perf_engine *engine;
	uint32_t lanes;
	struct perf_lane *lane[PERF_MAX_LANES];
	int core;
	bool ended; /* written by the thread, read by the caller of perf_engine_run() */
	int error;
	pthread_t thread;
};

static bool stopped(const struct perf_engine *engine)
{
	return __atomic_load_n(&engine->stop, __ATOMIC_RELAXED);
}

void perf_engine_stop(struct perf_engine *engine)
{
	__atomic_store_n(&engine->stop, true, __ATOMIC_RELAXED);
}

static uint64_t due_ns(const struct crew *crew)
{
	uint64_t due = UINT64_MAX;
	uint32_t i;

	for (i = 0; i < crew->lanes; i++) {
		uint64_t lane_due = perf_sender_due_ns(&crew->lane[i]->sender);

		due = lane_due < due ? lane_due : due;
	}
	return due;
}

/* Sleeps when nothing happens for long enough to be worth it. */
static void rest(const struct crew *crew, uint64_t now_ns, uint64_t due)
{
	const uint64_t wakeup_ns = 60000; /* what a sleep overshoots by default, with room */
	uint64_t idle_ns = crew->engine->params.idle_ns;
	struct timespec pause = { 0 };

	if (due <= now_ns + wakeup_ns)
		return;
	if (due - now_ns - wakeup_ns < idle_ns)
		idle_ns = due - now_ns - wakeup_ns;
	pause.tv_nsec = (long)(idle_ns % 1000000000);
	pause.tv_sec = (time_t)(idle_ns / 1000000000);
	(void)nanosleep(&pause, NULL);
}

/* One round over the lanes. @return whether anything was sent or received */
static bool turn(struct crew *crew)
{
	uint32_t i, moved = 0;

	for (i = 0; i < crew->lanes; i++) {
		struct perf_lane *lane = crew->lane[i];

		if (lane->polls)
			moved += perf_lane_receive(lane, perf_clock_now_ns());
		if (lane->sender.count)
			moved += perf_sender_step(&lane->sender, perf_clock_now_ns());
	}
	return moved > 0;
}

static uint64_t arrived_pkts(const struct perf_engine *engine)
{
	uint64_t pkts = 0;
	uint32_t i;

	for (i = 0; i < engine->lanes; i++)
		pkts += __atomic_load_n(&engine->lane[i]->sink.total_pkts, __ATOMIC_RELAXED);
	return pkts;
}

static bool all_arrived(const struct crew *crew)
{
	uint64_t expected = crew->engine->params.expect_pkts;

	return expected && arrived_pkts(crew->engine) >= expected;
}

/* How long to wait once everything is sent: briefly for duplicates when everything is there. */
static uint64_t drain_ns(const struct perf_engine *engine)
{
	uint64_t full_ns = engine->params.drain_ns;
	uint64_t sent = 0;
	uint32_t i;

	for (i = 0; i < engine->lanes; i++)
		sent += __atomic_load_n(&engine->lane[i]->sender.total_pkts, __ATOMIC_RELAXED);
	if (!engine->params.whole || arrived_pkts(engine) < sent)
		return full_ns;
	return full_ns < DUPLICATES_NS ? full_ns : DUPLICATES_NS;
}

/*
 * Sends the plans of all lanes and receives meanwhile. What is still due at latest_ns stays unsent:
 * a sender that cannot keep up would otherwise never end.
 */
static void run_plan(struct crew *crew, uint64_t latest_ns)
{
	const struct perf_engine *engine = crew->engine;

	while (!stopped(engine)) {
		bool moved = turn(crew);
		uint64_t now_ns = perf_clock_now_ns();
		uint64_t due = due_ns(crew);

		if (now_ns >= latest_ns || due == UINT64_MAX)
			break;
		if (!moved && engine->params.idle_ns)
			rest(crew, now_ns, due < latest_ns ? due : latest_ns);
	}
}

/* Receives until every lane has sent its plan and what was under way had time to arrive. */
static void run_drain(struct crew *crew)
{
	struct perf_engine *engine = crew->engine;
	uint64_t quiet_ns = 0;

	while (!stopped(engine) && !all_arrived(crew)) {
		bool moved = turn(crew);
		uint64_t now_ns = perf_clock_now_ns();

		if (__atomic_load_n(&engine->sending, __ATOMIC_ACQUIRE) == 0) {
			quiet_ns = quiet_ns ? quiet_ns : now_ns;
			if (now_ns - quiet_ns >= drain_ns(engine))
				break;
		}
		if (!moved && engine->params.idle_ns)
			rest(crew, now_ns, now_ns + engine->params.idle_ns);
	}
}

static void begin(const struct crew *crew, bool warmup, uint64_t start_ns, uint64_t end_ns)
{
	uint32_t i;

	for (i = 0; i < crew->lanes; i++)
		perf_sender_begin(&crew->lane[i]->sender, warmup, start_ns, end_ns);
}

/* A plan that only receives ends by time, by count or by stop. */
static uint64_t plan_end_ns(const struct perf_engine *engine)
{
	uint64_t duration_ns = engine->params.duration_ns;

	return duration_ns ? engine->start_ns + duration_ns : UINT64_MAX;
}

static bool sends(struct perf_lane *const *lanes, uint32_t count)
{
	uint32_t i, streams = 0;

	for (i = 0; i < count; i++)
		streams += lanes[i]->sender.count;
	return streams > 0;
}

static void receive_only(struct crew *crew, uint64_t end_ns)
{
	const struct perf_engine *engine = crew->engine;

	while (!stopped(engine) && !all_arrived(crew)) {
		bool moved = turn(crew);
		uint64_t now_ns = perf_clock_now_ns();

		if (now_ns >= end_ns)
			break;
		if (!moved && engine->params.idle_ns)
			rest(crew, now_ns, end_ns);
	}
}

static void work(struct crew *crew)
{
	struct perf_engine *engine = crew->engine;
	uint64_t end_ns = plan_end_ns(engine);
	uint32_t i;

	if (!sends(engine->lane, engine->lanes)) {
		receive_only(crew, end_ns);
		return;
	}
	if (sends(crew->lane, crew->lanes)) {
		uint64_t warmup_ns = engine->params.warmup_ns;

		if (warmup_ns) {
			begin(crew, true, engine->start_ns - warmup_ns, engine->start_ns);
			run_plan(crew, engine->start_ns);
		}
		begin(crew, false, engine->start_ns, end_ns);
		run_plan(crew, end_ns == UINT64_MAX ? end_ns : end_ns + engine->params.late_ns);
		for (i = 0; i < crew->lanes; i++)
			perf_sender_end(&crew->lane[i]->sender);
		(void)__atomic_sub_fetch(&engine->sending, 1, __ATOMIC_RELEASE);
	}
	run_drain(crew);
}

static int pin(int core)
{
	cpu_set_t set;

	if (core < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *crew_main(void *argument)
{
	struct crew *crew = argument;

	crew->error = pin(crew->core);
	perf_eal_join_thread();
	if (!crew->error)
		work(crew);
	else
		perf_engine_stop(crew->engine);
	perf_eal_leave_thread();
	__atomic_store_n(&crew->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

static uint32_t form_crews(struct perf_engine *engine, struct crew *crews)
{
	uint32_t i, count = engine->params.split ? engine->lanes : 1;

	memset(crews, 0, sizeof(*crews) * PERF_MAX_LANES);
	for (i = 0; i < engine->lanes; i++) {
		struct crew *crew = &crews[count == 1 ? 0 : i];

		crew->engine = engine;
		crew->lane[crew->lanes++] = engine->lane[i];
	}
	for (i = 0; i < count; i++)
		crews[i].core = engine->params.cores[i];
	return count;
}

static void watch(struct perf_engine *engine, const struct crew *crews, uint32_t count,
		  perf_engine_progress progress, void *context)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	uint64_t next_ns = engine->start_ns + PROGRESS_NS;
	uint32_t i, ended = 0;

	while (ended < count) {
		(void)nanosleep(&look, NULL);
		if (progress && perf_clock_now_ns() >= next_ns) {
			progress(engine, context);
			next_ns += PROGRESS_NS;
		}
		for (i = 0, ended = 0; i < count; i++)
			ended += __atomic_load_n(&crews[i].ended, __ATOMIC_ACQUIRE);
	}
}

int perf_engine_run(struct perf_engine *engine, perf_engine_progress progress, void *context,
		    struct perf_error *error)
{
	struct crew crews[PERF_MAX_LANES];
	uint32_t i, started, count = form_crews(engine, crews);
	int err = 0;

	for (i = 0; i < count; i++)
		engine->sending += sends(crews[i].lane, crews[i].lanes);
	for (started = 0; started < count && !err; started += !err)
		err = -pthread_create(&crews[started].thread, NULL, crew_main, &crews[started]);
	if (err)
		perf_engine_stop(engine);
	else
		watch(engine, crews, count, progress, context);
	for (i = 0; i < started; i++) {
		(void)pthread_join(crews[i].thread, NULL);
		err = err ? err : crews[i].error;
	}
	engine->end_ns = perf_clock_now_ns();
	if (err)
		return perf_error_set(error, err, "cannot run: %s%s", strerror(-err),
				      err == -EINVAL ? " (is there a processor of that number?)"
						     : "");
	return 0;
}
