/*
 * The classifier against a matcher that compares field by field, rule by rule: rules and packets
 * are random, drawn so near to each other that every bit of every condition decides somewhere.
 */

#include "dataplane/classifier.h"
#include "tests/policer/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct classifier classifier;

static bool range_holds(const struct dp_port_range *range, bool has_ports, uint16_t port)
{
	return !range->set || (has_ports && port >= range->min && port <= range->max);
}

static bool prefix_holds(uint32_t prefix, unsigned depth, uint32_t addr)
{
	return depth == 0 || addr >> (32 - depth) == prefix >> (32 - depth);
}

static bool match_holds(const struct dp_class_match *match, const struct classifier_key *key)
{
	return (match->dscp_mask >> key->dscp & 1) != 0 &&
	       (match->protocol == DP_PROTOCOL_ANY || match->protocol == key->protocol) &&
	       prefix_holds(match->src, match->src_depth, key->src) &&
	       prefix_holds(match->dst, match->dst_depth, key->dst) &&
	       range_holds(&match->src_port, key->has_ports, key->src_port) &&
	       range_holds(&match->dst_port, key->has_ports, key->dst_port);
}

static uint32_t naive_lookup(const struct dp_class_config *classes, unsigned n,
			     const struct classifier_key *key)
{
	for (unsigned i = 0; i < n; i++)
		if (match_holds(&classes[i].match, key))
			return i;
	return n;
}

static struct classifier_key random_key(void)
{
	return (struct classifier_key){
		.src = (uint32_t)random_u64(),
		.dst = (uint32_t)random_u64(),
		.dscp = random_in(0, 63) & 0xff,
		.protocol = (uint8_t)random_in(0, 255),
		.has_ports = random_in(0, 7) != 0,
		.src_port = (uint16_t)random_u64(),
		.dst_port = (uint16_t)random_u64(),
	};
}

/* Packets without ports carry none, as the stage makes them. */
static struct classifier_key key_finish(struct classifier_key key)
{
	if (!key.has_ports)
		key.src_port = key.dst_port = 0;
	return key;
}

static struct dp_port_range random_range(uint16_t port)
{
	struct dp_port_range range = { 0 };
	uint32_t below = (uint32_t)random_in(0, 699), above = (uint32_t)random_in(0, 699);

	if (random_in(0, 1) == 0)
		return range;
	range.set = true;
	range.min = (uint16_t)(port > below ? port - below : 0);
	range.max = (uint16_t)(port + above < 65535 ? port + above : 65535);
	if (random_in(0, 3) == 0)
		range.min = range.max = port;
	return range;
}

static uint32_t prefix_of(uint32_t addr, unsigned depth)
{
	return depth == 0 ? 0 : addr & ~0U << (32 - depth);
}

/* A rule that the given packet matches, of a random subset of the fields. */
static struct dp_class_match random_match(const struct classifier_key *key)
{
	struct dp_class_match match = { .dscp_mask = DP_DSCP_ANY, .protocol = DP_PROTOCOL_ANY };

	if (random_in(0, 1) == 0)
		match.dscp_mask = 1ULL << key->dscp | random_u64();
	if (random_in(0, 2) == 0)
		match.protocol = key->protocol;
	if (random_in(0, 1) == 0)
		match.src_depth = (uint8_t)random_in(0, 32);
	if (random_in(0, 1) == 0)
		match.dst_depth = (uint8_t)random_in(0, 32);
	match.src = prefix_of(key->src, match.src_depth);
	match.dst = prefix_of(key->dst, match.dst_depth);
	match.src_port = random_range(key->src_port);
	match.dst_port = random_range(key->dst_port);
	return match;
}

/* A packet that differs from another one in at most a few bits. */
static struct classifier_key near_key(struct classifier_key key)
{
	switch (random_in(0, 7)) {
	case 0:
		key.src ^= 1U << random_in(0, 31);
		break;
	case 1:
		key.dst ^= 1U << random_in(0, 31);
		break;
	case 2:
		key.dscp ^= (uint8_t)(1U << random_in(0, 5));
		break;
	case 3:
		key.protocol ^= (uint8_t)(1U << random_in(0, 7));
		break;
	case 4:
		key.src_port = (uint16_t)(key.src_port + random_in(0, 1399) - 700);
		break;
	case 5:
		key.dst_port = (uint16_t)(key.dst_port + random_in(0, 1399) - 700);
		break;
	case 6:
		key.has_ports = !key.has_ports;
		break;
	default:
		break;
	}
	return key_finish(key);
}

static void agrees_with_the_naive_matcher(void **state)
{
	static struct dp_class_config classes[DP_CLASSES_MAX];
	static struct classifier_key bases[DP_CLASSES_MAX];
	unsigned matched = 0, total = 0;

	(void)state;
	random_seed("classifier");
	for (unsigned round = 0; round < 400; round++) {
		unsigned n = 1 + (unsigned)random_in(0, DP_CLASSES_MAX - 1);

		for (unsigned i = 0; i < n; i++) {
			bases[i] = key_finish(random_key());
			classes[i].match = random_match(&bases[i]);
		}
		classifier_init(&classifier, classes, n);
		for (unsigned i = 0; i < 2000; i++, total++) {
			unsigned near = (unsigned)random_in(0, n - 1);
			struct classifier_key key = near_key(bases[near]);
			uint32_t expected = naive_lookup(classes, n, &key);

			assert_int_equal(classifier_lookup(&classifier, &key), expected);
			matched += expected != n;
		}
	}
	/* neither all nor nothing may match, or the comparison would prove little */
	assert_in_range(matched, total / 4, total - total / 50);
}

static void nothing_matches_without_rules(void **state)
{
	const struct classifier_key key = { .src = 1, .dst = 2, .dscp = 63, .protocol = 17 };

	(void)state;
	classifier_init(&classifier, NULL, 0);
	assert_int_equal(classifier_lookup(&classifier, &key), 0);
	assert_int_equal(classifier.fields, 0);
}

static void the_first_of_64_wins_and_the_last_is_reached(void **state)
{
	static struct dp_class_config classes[DP_CLASSES_MAX];
	struct classifier_key key = { .has_ports = true };

	(void)state;
	for (unsigned i = 0; i < DP_CLASSES_MAX; i++)
		classes[i].match = (struct dp_class_match){
			.dscp_mask = DP_DSCP_ANY,
			.protocol = DP_PROTOCOL_ANY,
			.dst_port = { true, 1000, (uint16_t)(1000 + i) },
		};
	classifier_init(&classifier, classes, DP_CLASSES_MAX);
	for (unsigned port = 999; port <= 1064; port++) {
		key.dst_port = (uint16_t)port;
		assert_int_equal(classifier_lookup(&classifier, &key),
				 port < 1000 ? DP_CLASSES_MAX : port - 1000);
	}
}

/* A rule about ports must not catch a packet that has none, not even one about all of them. */
static void packets_without_ports_match_no_port_rule(void **state)
{
	static struct dp_class_config classes[2];
	struct classifier_key key = { .protocol = 1 };

	(void)state;
	classes[0].match = (struct dp_class_match){
		.dscp_mask = DP_DSCP_ANY,
		.protocol = DP_PROTOCOL_ANY,
		.src_port = { true, 0, 65535 },
	};
	classes[1].match = (struct dp_class_match){ .dscp_mask = DP_DSCP_ANY, .protocol = 1 };
	classifier_init(&classifier, classes, 2);
	assert_int_equal(classifier_lookup(&classifier, &key), 1);
	key.has_ports = true;
	assert_int_equal(classifier_lookup(&classifier, &key), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_naive_matcher),
		cmocka_unit_test(nothing_matches_without_rules),
		cmocka_unit_test(the_first_of_64_wins_and_the_last_is_reached),
		cmocka_unit_test(packets_without_ports_match_no_port_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
