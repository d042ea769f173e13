/*
 * A full table comes, flaps, is read again and goes, while somebody looks addresses up all the time:
 * every answer must be that of the address's own route, and the one who asks must not be held up.
 *
 *   test_control_mirror_load [--long] [TEST]
 */

#include "dataplane/dp_publish.h"
#include "long_option.h"
#include "mirror_routes.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#define READER 0U
#define WORKER_NICE (-20) /* as a worker */
#define PATIENCE_NS 120000000000ULL
#define WINDOW_NS 50000000ULL /* of which the longest gap is one sample */
#define WINDOWS_MAX 4096U
#define ADDRS 16U
#define PIECE 10000U /* a quarter of what the mirror's socket has room for */
#define STALL_US 100.0
#define LEFT_BYTES 1000000ULL /* what may be kept of a table that is gone */

/* What the reader does meanwhile. */
enum phase { PHASE_IDLE, PHASE_LOAD, PHASES };

struct table {
	int family;
	const char *gateway; /* of all routes of the table */
	unsigned n;	     /* routes */
};

/* Longest gaps between two looks, ns. Writer: reader; read when it has ended. */
struct gaps {
	uint64_t longest[WINDOWS_MAX];
	unsigned n;
};

struct reader {
	pthread_t thread;
	const struct table *table;
	uint32_t steady, nexthop; /* of a route that stays, and of those that come and go */
	enum phase phase;	  /* writer: control */
	bool stop;		  /* writer: control */
	uint64_t lookups, wrong;  /* writer: reader */
	struct gaps gaps[PHASES];
};

static struct world world;
static struct reader reader;

static void core_take(unsigned core)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	/* On a machine with one it is not refused: they share it. */
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
}

/*
 * Ahead of all else, which a short run is not. The reader inherits it. It alone would take the other
 * thread's share with it: what a session gets of a processor, Linux divides among the processors by
 * the weight of what runs there (autogroup).
 */
static void priority_take(void)
{
	if (is_long)
		(void)setpriority(PRIO_PROCESS, 0, WORKER_NICE);
}

static uint32_t look_up(int family, unsigned i)
{
	struct dp_ip6 addr = { .bytes = { 0xfd, 0x30 } };

	if (family == AF_INET)
		return dp_route_lookup(world.routing, 30U << 24 | i);
	addr.bytes[13] = (uint8_t)(i >> 16);
	addr.bytes[14] = (uint8_t)(i >> 8);
	addr.bytes[15] = (uint8_t)i;
	return dp_route6_lookup(world.routing, &addr);
}

static uint32_t look_up_steady(int family)
{
	const struct dp_ip6 addr = { .bytes = { 0xfd, 0x20, [15] = 1 } };

	return family == AF_INET ? dp_route_lookup(world.routing, 20U << 24 | 1)
				 : dp_route6_lookup(world.routing, &addr);
}

/* Some addresses of the table and one that is not in it. @return wrong answers */
static unsigned look(uint32_t *random)
{
	const struct table *table = reader.table;
	unsigned wrong = look_up_steady(table->family) != reader.steady;

	for (unsigned k = 0; k < ADDRS; k++) {
		uint32_t found;

		*random = *random * 1664525U + 1013904223U;
		found = look_up(table->family, 1 + (*random >> 8) % table->n);
		wrong += found != reader.nexthop && found != DP_NH_NONE;
	}
	return wrong;
}

static void gap_add(struct gaps *gaps, uint64_t longest_ns)
{
	if (gaps->n < WINDOWS_MAX)
		gaps->longest[gaps->n++] = longest_ns;
}

static void *read_until_stopped(void *arg)
{
	uint64_t last_ns, window_ns, longest_ns = 0;
	enum phase phase = PHASE_IDLE;
	uint32_t random = 7;

	(void)arg;
	core_take(1);
	dp_publish_online(READER);
	last_ns = window_ns = world_now_ns();
	while (!__atomic_load_n(&reader.stop, __ATOMIC_RELAXED)) {
		enum phase now = __atomic_load_n(&reader.phase, __ATOMIC_RELAXED);
		uint64_t now_ns;

		reader.wrong += look(&random);
		dp_publish_quiescent(READER);
		now_ns = world_now_ns();
		longest_ns = now_ns - last_ns > longest_ns ? now_ns - last_ns : longest_ns;
		last_ns = now_ns;
		__atomic_store_n(&reader.lookups, reader.lookups + 1 + ADDRS, __ATOMIC_RELAXED);
		if (now_ns - window_ns < WINDOW_NS)
			continue;
		if (now == phase) /* all of the window was in one phase */
			gap_add(&reader.gaps[phase], longest_ns);
		phase = now;
		window_ns = now_ns;
		longest_ns = 0;
	}
	dp_publish_offline(READER);
	return NULL;
}

static void reader_start(const struct table *table)
{
	reader = (struct reader){ .table = table,
				  .steady = look_up_steady(table->family),
				  .nexthop = look_up(table->family, 0) };
	assert_true(reader.steady != DP_NH_NONE && reader.nexthop != DP_NH_NONE);
	assert_true(reader.steady != reader.nexthop);
	assert_int_equal(dp_publish_register(READER), 0);
	assert_int_equal(pthread_create(&reader.thread, NULL, read_until_stopped, NULL), 0);
}

static void reader_stop(void)
{
	__atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(reader.thread, NULL), 0);
	assert_int_equal(dp_publish_unregister(READER), 0);
}

static void turn(void)
{
	event_base_loop(world.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	dp_publish_reclaim();
}

/* The same time without load, for comparison. */
static void idle(void)
{
	uint64_t since_ns = world_now_ns(), ns = is_long ? 2000000000ULL : 200000000ULL;

	__atomic_store_n(&reader.phase, PHASE_IDLE, __ATOMIC_RELAXED);
	while (world_now_ns() - since_ns < ns) {
		turn();
		usleep(1000);
	}
	__atomic_store_n(&reader.phase, PHASE_LOAD, __ATOMIC_RELAXED);
}

/* What others do on the processor does not count. */
static uint64_t spent_ns(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return (uint64_t)spent.tv_sec * 1000000000ULL + (uint64_t)spent.tv_nsec;
}

/* Until the mirror has that many routes and rests. @return processor time that it took */
static uint64_t settle_at(uint64_t routes)
{
	uint64_t since_ns = world_now_ns(), begun_ns = spent_ns();

	while (world_stats(&world).routes != routes || world_stats(&world).syncing) {
		if (world_now_ns() - since_ns > PATIENCE_NS)
			fail_msg("%lu routes, not %lu", (unsigned long)world_stats(&world).routes,
				 (unsigned long)routes);
		turn();
	}
	return spent_ns() - begun_ns;
}

/* Routes first to last come or go, as many at a time as the socket has room for. */
static void change(const struct table *table, bool removed, unsigned first, unsigned last)
{
	uint64_t routes = world_stats(&world).routes, took_ns = 0, per_s;

	for (unsigned at = first, n; at <= last; at += n) {
		n = last - at + 1 < PIECE ? last - at + 1 : PIECE;
		world_routes_write(&world, table->family, removed ? RTM_DELROUTE : RTM_NEWROUTE, at,
				   at + n - 1, table->gateway);
		routes = removed ? routes - n : routes + n;
		took_ns += settle_at(routes);
	}
	per_s = (last - first + 1) * 1000000000ULL / took_ns;
	print_message("%u routes %s: %lu/s decoded and applied\n", last - first + 1,
		      removed ? "deleted" : "added", (unsigned long)per_s);
	idle();
}

static uint64_t memory_bytes(void)
{
	struct dp_route_stats fib;

	dp_publish_reclaim();
	dp_route_stats_get(world.routing, &fib);
	return fib.memory_bytes + world_stats(&world).memory_bytes;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void gaps_sort(struct gaps *gaps)
{
	qsort(gaps->longest, gaps->n, sizeof(gaps->longest[0]), by_size);
}

static double gaps_quantile_us(const struct gaps *gaps, unsigned percent)
{
	unsigned last = gaps->n > 0 ? gaps->n - 1 : 0, at = last * percent / 100;

	return (double)gaps->longest[at] / 1000; /* zero when there are none */
}

/* What others take from this processor, the longest gaps show; half of the windows are free of it. */
static void gaps_print(void)
{
	struct gaps *idle = &reader.gaps[PHASE_IDLE], *load = &reader.gaps[PHASE_LOAD];

	gaps_sort(idle);
	gaps_sort(load);
	print_message("%lu lookups, %lu wrong; longest gap within 50 ms, median and longest: "
		      "%.1f and %.1f us idle (%u times), %.1f and %.1f us under load (%u times)\n",
		      (unsigned long)reader.lookups, (unsigned long)reader.wrong,
		      gaps_quantile_us(idle, 50), gaps_quantile_us(idle, 100), idle->n,
		      gaps_quantile_us(load, 50), gaps_quantile_us(load, 100), load->n);
	if (is_long) /* a short one may be over within a window */
		assert_true(load->n > 0 &&
			    gaps_quantile_us(load, 50) < gaps_quantile_us(idle, 50) + STALL_US);
}

static void table_comes_and_goes(const struct table *table)
{
	uint64_t few = world_stats(&world).routes, before_bytes = memory_bytes(), since_ns;
	unsigned n = table->n;

	reader_start(table);
	idle();
	change(table, false, 1, n);
	print_message("%lu bytes per route\n",
		      (unsigned long)((memory_bytes() - before_bytes) / n));
	change(table, true, 1, n / 10);
	change(table, false, 1, n / 10);
	since_ns = world_now_ns();
	ctl_mirror_resync(world.mirror);
	settle_at(few + n);
	print_message("read again in %lu ms\n",
		      (unsigned long)((world_now_ns() - since_ns) / 1000000));
	idle();
	change(table, true, 1, n);
	reader_stop();
	gaps_print();
	print_message("%ld bytes more than before the table came\n",
		      (long)(memory_bytes() - before_bytes));
	assert_int_equal(reader.wrong, 0);
	assert_true(reader.lookups > n);
	assert_true(memory_bytes() < before_bytes + LEFT_BYTES);
	assert_int_equal(world_audit(&world), 0);
	assert_int_equal(world_stats(&world).differences_total, 0);
	assert_int_equal(world_stats(&world).overruns, 0);
}

/* Port 0 has a route that stays, port 1 those that come and go; number 0 of them stays, too. */
static int setup(void **state)
{
	(void)state;
	core_take(0);
	priority_take();
	assert_int_equal(dp_publish_init(1), 0);
	world_create(&world);
	for (unsigned port = 0; port < 2; port++) {
		world_ip(&world, "addr add 10.%u.0.1/24 dev p%u", port, port);
		world_ip(&world, "addr add fd0%u::1/64 dev p%u nodad", port, port);
		world_ip(&world,
			 "neigh add 10.%u.0.2 lladdr 02:00:00:00:00:0%u dev p%u nud permanent",
			 port, port, port);
		world_ip(&world,
			 "neigh add fd0%u::2 lladdr 02:00:00:00:00:0%u dev p%u nud permanent", port,
			 port, port);
	}
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	world_ip(&world, "route add fd20::/16 via fd00::2");
	world_ip(&world, "route add 30.0.0.0/32 via 10.1.0.2");
	world_ip(&world, "route add fd30::/128 via fd01::2");
	world_mirror_start(&world, 0);
	world_settle(&world, 50000000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_destroy(&world);
	dp_publish_fini();
	return 0;
}

static void test_table_ipv4(void **state)
{
	const struct table table = { AF_INET, "10.1.0.2", is_long ? 1000000 : 5000 };

	(void)state;
	table_comes_and_goes(&table);
}

static void test_table_ipv6(void **state)
{
	const struct table table = { AF_INET6, "fd01::2", is_long ? 200000 : 5000 };

	(void)state;
	table_comes_and_goes(&table);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_table_ipv4),
		TEST(test_table_ipv6),
	};

	long_option_read(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
