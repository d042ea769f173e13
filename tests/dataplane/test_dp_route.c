#include "dataplane/dp_publish.h"
#include "dataplane/dp_route.h"
#include "dataplane/routing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define READER 0

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa };
static const uint8_t mac_b[6] = { 2, 0, 0, 0, 0, 0xb };

static int make_routing(void **state)
{
	*state = dp_routing_create();
	return *state == NULL;
}

static int free_routing(void **state)
{
	dp_routing_destroy(*state);
	return 0;
}

/* The same with a reader online, as whom this thread acts: frees wait for it. */
static int make_read_routing(void **state)
{
	if (dp_publish_init(1) != 0 || dp_publish_register(READER) != 0)
		return 1;
	dp_publish_online(READER);
	return make_routing(state);
}

static int free_read_routing(void **state)
{
	dp_publish_offline(READER);
	free_routing(state);
	if (dp_publish_unregister(READER) != 0)
		return 1;
	dp_publish_fini();
	return 0;
}

static uint32_t add_nexthop(struct dp_routing *routing, const struct dp_nexthop *nexthop)
{
	int index = dp_nexthop_add(routing, nexthop);

	assert_true(index > 0);
	return (uint32_t)index;
}

static struct dp_nexthop forward(uint16_t port, const uint8_t mac[6])
{
	struct dp_nexthop nexthop = { .kind = DP_NH_FORWARD, .port = port };

	memcpy(nexthop.dst_mac, mac, sizeof(nexthop.dst_mac));
	return nexthop;
}

static uint32_t add_forward(struct dp_routing *routing, uint16_t port, const uint8_t mac[6])
{
	struct dp_nexthop nexthop = forward(port, mac);

	return add_nexthop(routing, &nexthop);
}

static void test_nothing_there(void **state)
{
	struct dp_nexthop nexthop;
	struct dp_route_stats stats;

	assert_int_equal(dp_route_lookup(*state, IP(1, 2, 3, 4)), DP_NH_NONE);
	assert_int_equal(dp_nexthop_get(*state, DP_NH_NONE, &nexthop), 0);
	assert_int_equal(nexthop.kind, DP_NH_UNREACHABLE);
	assert_int_equal(dp_nexthop_get(*state, 1, &nexthop), -ENOENT);
	assert_int_equal(dp_nexthop_del(*state, 1), -ENOENT);
	assert_int_equal(dp_nexthop_del(*state, DP_NH_NONE), -ENOENT);
	assert_int_equal(dp_nexthop_del(*state, UINT32_MAX), -ENOENT);
	assert_int_equal(dp_route_set(*state, 0, 0, 1), -ENOENT);
	assert_int_equal(dp_route_set(*state, 0, 0, DP_NH_MAX), -ENOENT);
	dp_route_stats_get(*state, &stats);
	assert_int_equal(stats.routes, 0);
	assert_int_equal(stats.nexthops, 0);
	assert_in_range(stats.memory_bytes, 1, 1 << 20);
}

static void test_rewrite_template(void **state)
{
	struct dp_routing *routing = *state;
	static const uint8_t expected[12] = { 2, 0, 0, 0, 0, 0xa, 2, 0, 0, 0, 0, 0xb };
	uint32_t index;

	assert_int_equal(dp_routing_port_mac_set(routing, 3, mac_b), 0);
	index = add_forward(routing, 3, mac_a);
	assert_memory_equal(dp_nh_get(&routing->nexthops, index)->rewrite, expected, 12);
	assert_int_equal(dp_nh_get(&routing->nexthops, index)->port, 3);
	assert_int_equal(dp_nh_get(&routing->nexthops, index)->index, index);
}

static void test_port_mac_changes_only_its_port(void **state)
{
	struct dp_routing *routing = *state;
	uint32_t here = add_forward(routing, 1, mac_a);
	uint32_t there = add_forward(routing, 2, mac_a);
	static const uint8_t none[6];
	struct dp_nexthop back;

	assert_int_equal(dp_routing_port_mac_set(routing, DP_ROUTER_PORTS_MAX, mac_b), -EINVAL);
	assert_int_equal(dp_routing_port_mac_set(routing, 1, mac_b), 0);
	assert_memory_equal(dp_nh_get(&routing->nexthops, here)->rewrite + 6, mac_b, 6);
	assert_memory_equal(dp_nh_get(&routing->nexthops, there)->rewrite + 6, none, 6);
	assert_int_equal(dp_nexthop_get(routing, here, &back), 0);
	assert_memory_equal(back.dst_mac, mac_a, 6);
}

static void test_bad_nexthops(void **state)
{
	struct dp_nexthop nexthop = forward(DP_ROUTER_PORTS_MAX, mac_a);

	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop.kind = (enum dp_nh_kind)99;
	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop = forward(0, mac_a);
	assert_int_equal(dp_nexthop_set(*state, 5, &nexthop), -ENOENT);
	assert_int_equal(dp_nexthop_set(*state, DP_NH_NONE, &nexthop), -EINVAL);
}

static void test_bad_groups(void **state)
{
	uint32_t member = add_forward(*state, 0, mac_a);
	struct dp_nexthop nexthop = { .kind = DP_NH_GROUP, .members = { member, member } };
	uint32_t group;

	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop.n_members = DP_GROUP_MAX + 1;
	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop.n_members = 1;
	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop.weights[0] = 257;
	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop.weights[0] = 1;
	nexthop.members[0] = 77;
	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	nexthop.members[0] = member;
	group = add_nexthop(*state, &nexthop);
	nexthop.members[0] = group;
	assert_int_equal(dp_nexthop_add(*state, &nexthop), -EINVAL);
	assert_int_equal(dp_nexthop_set(*state, group, &nexthop), -EINVAL);
	/* a member becoming a group, of others or of itself */
	assert_int_equal(dp_nexthop_set(*state, member, &nexthop), -EINVAL);
	nexthop.members[0] = member;
	assert_int_equal(dp_nexthop_set(*state, member, &nexthop), -EINVAL);
}

static void test_group_reads_back(void **state)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_GROUP, .n_members = 2, .weights = { 3, 256 } };
	struct dp_nexthop back;
	uint32_t group;

	nexthop.members[0] = add_forward(*state, 0, mac_a);
	nexthop.members[1] = add_forward(*state, 1, mac_b);
	group = add_nexthop(*state, &nexthop);
	assert_int_equal(dp_nexthop_get(*state, group, &back), 0);
	assert_int_equal(back.kind, DP_NH_GROUP);
	assert_int_equal(back.n_members, 2);
	assert_memory_equal(back.members, nexthop.members, sizeof(back.members));
	assert_memory_equal(back.weights, nexthop.weights, sizeof(back.weights));
}

static void test_resolve(void **state)
{
	struct dp_routing *routing = *state;
	struct dp_nexthop nexthop = { .kind = DP_NH_GROUP, .n_members = 2, .weights = { 1, 1 } };
	uint32_t group, seen[2] = { 0, 0 };

	nexthop.members[0] = add_forward(routing, 0, mac_a);
	nexthop.members[1] = add_forward(routing, 1, mac_b);
	group = add_nexthop(routing, &nexthop);
	for (uint32_t hash = 0; hash < 4096; hash++) {
		const struct dp_nh *nh = dp_nh_resolve(&routing->nexthops, group, hash);

		assert_int_equal(nh->kind, DP_NH_FORWARD);
		assert_ptr_equal(nh, dp_nh_resolve(&routing->nexthops, group, hash));
		seen[nh->port]++;
	}
	assert_int_equal(seen[0], 2048);
	assert_int_equal(seen[1], 2048);
	assert_int_equal(dp_nh_resolve(&routing->nexthops, nexthop.members[1], 9)->port, 1);
	assert_int_equal(dp_nh_resolve(&routing->nexthops, DP_NH_NONE, 9)->kind, DP_NH_UNREACHABLE);
}

/* A new group of the members that are left keeps their flows, though it is another index. */
static void test_new_group_inherits_flows(void **state)
{
	struct dp_routing *routing = *state;
	const struct dp_nh_table *table = &routing->nexthops;
	struct dp_nexthop nexthop = { .kind = DP_NH_GROUP, .n_members = 3, .weights = { 1, 1, 1 } };
	uint32_t before, after;

	for (uint16_t k = 0; k < 3; k++)
		nexthop.members[k] = add_forward(routing, k, mac_a);
	before = add_nexthop(routing, &nexthop);
	nexthop.n_members = 2;
	after = add_nexthop(routing, &nexthop);
	for (uint32_t hash = 0; hash < NH_GROUP_BUCKETS; hash++) {
		const struct dp_nh *old = dp_nh_resolve(table, before, hash);

		if (old->port != 2)
			assert_ptr_equal(dp_nh_resolve(table, after, hash), old);
	}
}

static void test_names_in_use_stay(void **state)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_GROUP, .n_members = 1, .weights = { 1 } };
	uint32_t member = add_forward(*state, 0, mac_a);
	uint32_t group;

	nexthop.members[0] = member;
	group = add_nexthop(*state, &nexthop);
	assert_int_equal(dp_route_set(*state, IP(10, 0, 0, 0), 8, group), 0);
	assert_int_equal(dp_nexthop_del(*state, group), -EBUSY);
	assert_int_equal(dp_nexthop_del(*state, member), -EBUSY);
	assert_int_equal(dp_route_set(*state, IP(10, 0, 0, 0), 8, member), 0);
	assert_int_equal(dp_nexthop_del(*state, group), 0);
	assert_int_equal(dp_nexthop_del(*state, member), -EBUSY);
	assert_int_equal(dp_route_del(*state, IP(10, 0, 0, 0), 8), 0);
	assert_int_equal(dp_route_del(*state, IP(10, 0, 0, 0), 8), -ENOENT);
	assert_int_equal(dp_nexthop_del(*state, member), 0);
	assert_int_equal(dp_nexthop_del(*state, member), -ENOENT);
}

static void test_bad_route_holds_nothing(void **state)
{
	uint32_t index = add_forward(*state, 0, mac_a);

	assert_int_equal(dp_route_set(*state, 0, 33, index), -EINVAL);
	assert_int_equal(dp_route_set(*state, 1, 24, index), -EINVAL);
	assert_int_equal(dp_route_set(*state, 0, 0, index), 0);
	assert_int_equal(dp_route_set(*state, 0, 0, index), 0);
	assert_int_equal(dp_route_del(*state, 0, 0), 0);
	assert_int_equal(dp_nexthop_del(*state, index), 0);
}

/* A reader that has looked a nexthop up keeps reading what it was until it is quiescent. */
static void test_reader_keeps_old_object(void **state)
{
	struct dp_routing *routing = *state;
	uint32_t index = add_forward(routing, 4, mac_a);
	const struct dp_nh *before = dp_nh_get(&routing->nexthops, index);
	struct dp_nexthop nexthop = forward(5, mac_b);

	assert_int_equal(dp_nexthop_set(routing, index, &nexthop), 0);
	dp_publish_reclaim();
	assert_int_equal(before->port, 4);
	assert_memory_equal(before->rewrite, mac_a, 6);
	assert_int_equal(dp_nh_get(&routing->nexthops, index)->port, 5);
}

static void test_index_rests_until_readers_are_quiescent(void **state)
{
	uint32_t first = add_forward(*state, 0, mac_a);
	uint32_t second;

	assert_int_equal(dp_nexthop_del(*state, first), 0);
	dp_publish_reclaim();
	second = add_forward(*state, 1, mac_a);
	assert_int_not_equal(second, first);
	dp_publish_quiescent(READER);
	dp_publish_reclaim();
	assert_int_equal(add_forward(*state, 2, mac_a), first);
}

/* Indices come back for ever; objects of groups, too. */
static void test_churn_of_nexthops(void **state)
{
	struct dp_nexthop group = { .kind = DP_NH_GROUP, .n_members = 2, .weights = { 1, 2 } };
	struct dp_route_stats before, after;
	uint32_t index;

	group.members[0] = add_forward(*state, 0, mac_a);
	group.members[1] = add_forward(*state, 1, mac_a);
	dp_route_stats_get(*state, &before);
	for (unsigned i = 0; i < 3000; i++) {
		index = add_nexthop(*state, &group);
		assert_in_range(index, 1, 3 + DP_PUBLISH_PENDING_MAX);
		assert_int_equal(dp_nexthop_set(*state, index, &group), 0);
		assert_int_equal(dp_nexthop_del(*state, index), 0);
		dp_publish_quiescent(READER);
		dp_publish_reclaim();
	}
	dp_route_stats_get(*state, &after);
	assert_int_equal(after.nexthops, before.nexthops);
	assert_in_range(after.memory_bytes, before.memory_bytes, before.memory_bytes + 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_there, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_rewrite_template, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_port_mac_changes_only_its_port, make_routing,
						free_routing),
		cmocka_unit_test_setup_teardown(test_bad_nexthops, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_bad_groups, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_group_reads_back, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_resolve, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_new_group_inherits_flows, make_routing,
						free_routing),
		cmocka_unit_test_setup_teardown(test_names_in_use_stay, make_routing, free_routing),
		cmocka_unit_test_setup_teardown(test_bad_route_holds_nothing, make_routing,
						free_routing),
		cmocka_unit_test_setup_teardown(test_reader_keeps_old_object, make_read_routing,
						free_read_routing),
		cmocka_unit_test_setup_teardown(test_index_rests_until_readers_are_quiescent,
						make_read_routing, free_read_routing),
		cmocka_unit_test_setup_teardown(test_churn_of_nexthops, make_read_routing,
						free_read_routing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
