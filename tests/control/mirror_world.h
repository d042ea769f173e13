#ifndef TESTS_CONTROL_MIRROR_WORLD_H
#define TESTS_CONTROL_MIRROR_WORLD_H

/*
 * A network namespace with ports and a mirror of it, driven by commands of ip(8). Ports are veth
ends p0, p1, ... whose carrier is that of their peers q0, q1, ... in the same namespace; x0 is a
 * device that is no port.
 */

#include "control/mirror/ctl_mirror.h"
#include "dataplane/dp_netns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#define WORLD_PORTS 4U

struct world {
	char netns[32];
	struct event_base *base;
	struct dp_routing *routing;
	struct ctl_mirror *mirror;
	FILE *batch;
	unsigned ready_calls;
	bool admin[WORLD_PORTS];
	uint32_t mtu[WORLD_PORTS];
	uint8_t mac[WORLD_PORTS][6];
};

static inline uint64_t world_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static inline void world_on_admin(void *arg, unsigned port, bool up)
{
	((struct world *)arg)->admin[port] = up;
}

static inline void world_on_mtu(void *arg, unsigned port, uint32_t mtu_bytes)
{
	((struct world *)arg)->mtu[port] = mtu_bytes;
}

static inline void world_on_mac(void *arg, unsigned port, const uint8_t mac[6])
{
	memcpy(((struct world *)arg)->mac[port], mac, 6);
}

static inline void world_on_ready(void *arg)
{
	((struct world *)arg)->ready_calls++;
}

/* Commands go to one ip(8) in the namespace; those that fail are left out of the random ones. */
static inline void world_batch_begin(struct world *world)
{
	char command[128];

	snprintf(command, sizeof(command), "ip -n %s -force -batch - >/dev/null 2>&1",
		 world->netns);
	world->batch = popen(command, "w");
	assert_non_null(world->batch);
}

__attribute__((format(printf, 2, 3))) static inline void world_add(struct world *world,
								   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(world->batch, format, args);
	va_end(args);
	fputc('\n', world->batch);
}

/* @return whether every command succeeded */
static inline bool world_batch_end(struct world *world)
{
	int rc = pclose(world->batch);

	world->batch = NULL;
	return rc == 0;
}

/* One command, which must succeed. */
__attribute__((format(printf, 2, 3))) static inline void world_ip(struct world *world,
								  const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	world_batch_begin(world);
	world_add(world, "%s", line);
	if (!world_batch_end(world))
		fail_msg("ip %s", line);
}

static inline void world_links(struct world *world)
{
	world_batch_begin(world);
	world_add(world, "link set lo up");
	for (unsigned port = 0; port < WORLD_PORTS; port++) {
		world_add(world, "link add p%u type veth peer name q%u", port, port);
		world_add(world, "link set p%u up addrgenmode none", port);
		world_add(world, "link set q%u up addrgenmode none", port);
	}
	world_add(world, "link add x0 type veth peer name y0");
	world_add(world, "link set x0 up addrgenmode none");
	world_add(world, "link set y0 up addrgenmode none");
	assert_true(world_batch_end(world));
}

static inline struct ctl_mirror_stats world_stats(const struct world *world)
{
	struct ctl_mirror_stats stats;

	ctl_mirror_stats_get(world->mirror, &stats);
	return stats;
}

/* Runs the loop until no message has come for a while. */
static inline void world_settle(struct world *world, uint64_t quiet_ns)
{
	uint64_t since_ns = world_now_ns();
	uint64_t messages = world_stats(world).messages;

	while (world_now_ns() - since_ns < quiet_ns) {
		struct ctl_mirror_stats stats;

		event_base_loop(world->base, EVLOOP_NONBLOCK);
		stats = world_stats(world);
		if (stats.messages != messages || stats.syncing) {
			messages = stats.messages;
			since_ns = world_now_ns();
		} else {
			usleep(100);
		}
	}
}

static inline void world_print_differences(const struct world *world)
{
	const struct ctl_diffs *diffs = ctl_mirror_differences(world->mirror);

	for (unsigned i = 0; i < diffs->n; i++)
		print_error("%s %s: %s\n", ctl_diff_kind_name(diffs->items[i].key.kind),
			    diffs->items[i].object, diffs->items[i].text);
}

/* Runs the loop until the audit that was begun as number serial is complete. */
static inline uint64_t world_audit_wait(struct world *world, uint64_t serial)
{
	while (world_stats(world).audits < serial)
		event_base_loop(world->base, EVLOOP_ONCE);
	return world_stats(world).differences;
}

/* @return differences that an audit finds now */
static inline uint64_t world_audit(struct world *world)
{
	return world_audit_wait(world, ctl_mirror_audit(world->mirror));
}

static inline void world_mirror_start(struct world *world, unsigned rcvbuf_bytes)
{
	static const char *const names[WORLD_PORTS] = { "p0", "p1", "p2", "p3" };
	struct ctl_mirror_params params = {
		.netns = world->netns,
		.base = world->base,
		.routing = world->routing,
		.n_ports = WORLD_PORTS,
		.rcvbuf_bytes = rcvbuf_bytes,
		.ops = { .port_admin = world_on_admin,
			 .port_mtu = world_on_mtu,
			 .port_mac = world_on_mac,
			 .ready = world_on_ready },
		.arg = world,
	};
	struct dp_why why = { "" };

	memcpy(params.port_names, names, sizeof(names));
	if (ctl_mirror_create(&params, &world->mirror, &why) < 0)
		fail_msg("%s", why.text);
	while (!world_stats(world).ready)
		event_base_loop(world->base, EVLOOP_ONCE);
}

static inline void world_require_root(void)
{
	if (geteuid() != 0)
		fail_msg("this test needs root: it makes a network namespace");
}

/* A test that fails in its set-up has no tear-down. */
static char world_left_over[96];

static inline void world_remove_left_over(void)
{
	if (world_left_over[0] != '\0' && system(world_left_over) != 0)
		print_error("'%s' failed\n", world_left_over);
	world_left_over[0] = '\0';
}

static inline void world_create(struct world *world)
{
	char command[96];

	world_require_root();
	memset(world, 0, sizeof(*world));
	snprintf(world->netns, sizeof(world->netns), "slmi-%d", (int)getpid());
	snprintf(world_left_over, sizeof(world_left_over), "ip netns del %s", world->netns);
	atexit(world_remove_left_over);
	snprintf(command, sizeof(command), "ip netns add %s", world->netns);
	if (system(command) != 0) {
		world_left_over[0] = '\0';
		fail_msg("cannot make network namespace %s", world->netns);
	}
	world_links(world);
	world->base = event_base_new();
	world->routing = dp_routing_create();
	assert_non_null(world->base);
	assert_non_null(world->routing);
}

static inline void world_destroy(struct world *world)
{
	ctl_mirror_destroy(world->mirror);
	if (world->routing)
		dp_routing_destroy(world->routing);
	if (world->base)
		event_base_free(world->base);
	world_remove_left_over();
}

#endif
