/*
 * What leaves a burst on its way to the kernel takes what is known of it along.
 */

#include "tests/dataplane/class_fixture.h"

#define EF 46
#define BULK 10

static uint64_t queue_pkts(unsigned queue)
{
	struct dp_queue_stats stats;

	assert_int_equal(dp_queue_stats_get(fx.router, 1, queue, &stats), 0);
	return stats.stats.direct_pkts + stats.stats.queued_pkts;
}

/* Queues 1 and 2 of port 1. */
static void two_queues_make(void)
{
	class_make_dscp("voice", EF)->has_queue = true;
	class_make_dscp("bulk", BULK)->has_queue = true;
	class_make(DP_CLASS_DEFAULT);
	config.ports[1].has_shape = true;
	config.ports[1].shape = sla_make("port", 1000000000, 20 * FRAME_L2);
	class_apply();
}

static void classes_stay_with_their_packets(void **state)
{
	struct rte_mbuf *pkts[4];

	(void)state;
	two_queues_make();
	/* no route to the first one, so that the others take its place */
	pkts[0] = pkt_make_tos(IP(203, 0, 113, 1), EF << 2);
	for (unsigned i = 1; i < RTE_DIM(pkts); i++)
		pkts[i] = pkt_make_dscp(BULK);
	walk(pkts, RTE_DIM(pkts));
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[DP_PUNT_EXCEPTION], 1);
	assert_int_equal(queue_pkts(1), 0);
	assert_int_equal(queue_pkts(2), 3);
	depart();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLASS_TEST(classes_stay_with_their_packets),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
