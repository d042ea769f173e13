#include "policer/policer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define HZ 1000000000ULL
#define PASS                                                                                       \
	{                                                                                          \
		POLICER_PASS, 0                                                                    \
	}
#define DROP                                                                                       \
	{                                                                                          \
		POLICER_DROP, 0                                                                    \
	}

/* 1 byte/us and 2 bytes/us in L3; green passes, yellow becomes DSCP 12, red is dropped. */
static struct policer_spec spec_of(enum policer_kind kind)
{
	struct policer_spec spec = {
		.kind = kind,
		.layer = RATE_LAYER_L3,
		.mtu_bytes = 500,
		.cir = 8000000,
		.cbs = 2000,
		.actions = { PASS, { POLICER_REMARK, 12 }, DROP },
	};

	if (kind == POLICER_NONE)
		spec.cir = spec.cbs = 0;
	if (kind < POLICER_SRTCM)
		spec.actions[POLICER_YELLOW] = (struct policer_colour_action)PASS;
	if (kind >= POLICER_SRTCM)
		spec.second_bytes = 3000;
	if (kind >= POLICER_TRTCM)
		spec.second_bps = 16000000;
	return spec;
}

static void every_kind_prepares_and_starts_full(void **state)
{
	/* 2000, then 1000 at once: what each kind says to the two packets. */
	static const enum policer_colour expected[][2] = {
		[POLICER_NONE] = { POLICER_GREEN, POLICER_GREEN },
		[POLICER_SINGLE_RATE] = { POLICER_GREEN, POLICER_RED },
		[POLICER_PKT_RATE] = { POLICER_GREEN, POLICER_RED },
		[POLICER_SRTCM] = { POLICER_GREEN, POLICER_YELLOW },
		[POLICER_TRTCM] = { POLICER_GREEN, POLICER_YELLOW },
		[POLICER_TRTCM4115] = { POLICER_GREEN, POLICER_YELLOW },
	};

	(void)state;
	for (unsigned kind = POLICER_NONE; kind <= POLICER_TRTCM4115; kind++) {
		struct policer_spec spec = spec_of((enum policer_kind)kind);
		struct policer policer;
		union policer_state s;

		if (kind == POLICER_PKT_RATE)
			spec.cbs = 1;
		assert_int_equal(policer_init(&policer, &spec, HZ), 0);
		policer_state_init(&s, &policer, 5);
		assert_int_equal(policer_check(&policer, &s, 5, 2014, POLICER_GREEN).colour,
				 expected[kind][0]);
		assert_int_equal(policer_check(&policer, &s, 5, 1014, POLICER_GREEN).colour,
				 expected[kind][1]);
	}
}

static void a_verdict_carries_its_colours_action(void **state)
{
	struct policer_spec spec = spec_of(POLICER_SRTCM);
	struct policer_verdict verdict;
	struct policer policer;
	union policer_state s;

	(void)state;
	assert_int_equal(policer_init(&policer, &spec, HZ), 0);
	policer_state_init(&s, &policer, 0);
	verdict = policer_check(&policer, &s, 0, 2014, POLICER_GREEN);
	assert_int_equal(verdict.colour, POLICER_GREEN);
	assert_int_equal(verdict.action, POLICER_PASS);
	verdict = policer_check(&policer, &s, 0, 3014, POLICER_GREEN);
	assert_int_equal(verdict.colour, POLICER_YELLOW);
	assert_int_equal(verdict.action, POLICER_REMARK);
	assert_int_equal(verdict.dscp, 12);
	verdict = policer_check(&policer, &s, 0, 15, POLICER_GREEN);
	assert_int_equal(verdict.colour, POLICER_RED);
	assert_int_equal(verdict.action, POLICER_DROP);
	assert_false(verdict.by_aggregate);
}

/*
 * C 2000, E 3000 under an aggregate of 4000. What the aggregate refuses costs the class nothing;
 * what the class drops costs the aggregate nothing.
 */
static void an_aggregate_refuses_without_charging_the_class(void **state)
{
	struct policer_params params = {
		.unit = RATE_BITS_PER_S,
		.rate = 8000000,
		.burst = 4000,
		.layer = RATE_LAYER_L3,
		.mtu_bytes = 500,
	};
	struct policer_spec spec = spec_of(POLICER_SRTCM);
	struct policer_profile aggregate;
	struct policer_bucket bucket;
	struct policer_level above = { &aggregate, &bucket };
	struct policer_verdict verdict;
	struct policer policer;
	union policer_state s, before;

	(void)state;
	assert_int_equal(policer_init(&policer, &spec, HZ), 0);
	assert_int_equal(policer_profile_init(&aggregate, &params, HZ), 0);
	policer_state_init(&s, &policer, 0);
	policer_bucket_init(&bucket, &aggregate, 0);
	verdict = policer_check_under(&policer, &s, &above, 1, 0, 2014, POLICER_GREEN);
	assert_int_equal(verdict.colour, POLICER_GREEN);
	assert_int_equal(policer_bucket_tokens(&aggregate, &bucket, 0), 2000);
	/* Yellow by the class (E holds 3000), refused by the aggregate (2000 < 2500). */
	before = s;
	verdict = policer_check_under(&policer, &s, &above, 1, 0, 2514, POLICER_GREEN);
	assert_true(verdict.by_aggregate);
	assert_int_equal(verdict.colour, POLICER_RED);
	assert_int_equal(verdict.action, POLICER_DROP);
	assert_memory_equal(&before, &s, sizeof(s));
	assert_int_equal(policer_bucket_tokens(&aggregate, &bucket, 0), 2000);
	verdict = policer_check_under(&policer, &s, &above, 1, 0, 1514, POLICER_GREEN);
	assert_int_equal(verdict.colour, POLICER_YELLOW);
	assert_int_equal(policer_bucket_tokens(&aggregate, &bucket, 0), 500);
	/* Red by the class (C 0, E 1500 < 1501): the aggregate is not asked. */
	verdict = policer_check_under(&policer, &s, &above, 1, 0, 1515, POLICER_GREEN);
	assert_int_equal(verdict.colour, POLICER_RED);
	assert_false(verdict.by_aggregate);
	assert_int_equal(policer_bucket_tokens(&aggregate, &bucket, 0), 500);
}

static void counters_count_the_layer(void **state)
{
	struct policer_spec spec = spec_of(POLICER_SINGLE_RATE);
	struct policer_counters counters = { 0 };
	struct policer policer;

	(void)state;
	spec.layer = RATE_LAYER_L1;
	assert_int_equal(policer_init(&policer, &spec, HZ), 0);
	policer_count(&policer, &counters, POLICER_GREEN, 60);
	policer_count(&policer, &counters, POLICER_GREEN, 1514);
	policer_count(&policer, &counters, POLICER_RED, 60);
	assert_int_equal(counters.pkts[POLICER_GREEN], 2);
	assert_int_equal(counters.bytes[POLICER_GREEN], 84 + 1538);
	assert_int_equal(counters.pkts[POLICER_YELLOW], 0);
	assert_int_equal(counters.bytes[POLICER_RED], 84);
	spec.layer = RATE_LAYER_L3;
	assert_int_equal(policer_init(&policer, &spec, HZ), 0);
	policer_count(&policer, &counters, POLICER_YELLOW, 13);
	assert_int_equal(counters.pkts[POLICER_YELLOW], 1);
	assert_int_equal(counters.bytes[POLICER_YELLOW], 0);
}

static void an_edit_keeps_tokens_and_a_new_kind_starts_full(void **state)
{
	static const enum policer_kind kinds[] = { POLICER_SINGLE_RATE, POLICER_SRTCM,
						   POLICER_TRTCM, POLICER_TRTCM4115 };

	(void)state;
	for (size_t i = 0; i < LEN(kinds); i++) {
		struct policer_spec spec = spec_of(kinds[i]);
		struct policer_spec other = spec_of(POLICER_NONE);
		struct policer from, to, none;
		union policer_state s;

		assert_int_equal(policer_init(&from, &spec, HZ), 0);
		spec.cir = 9000000;
		assert_int_equal(policer_init(&to, &spec, HZ), 0);
		assert_int_equal(policer_init(&none, &other, HZ), 0);
		policer_state_init(&s, &from, 9);
		assert_int_equal(policer_check(&from, &s, 9, 1214, POLICER_GREEN).colour,
				 POLICER_GREEN);
		policer_state_convert(&s, &from, &to, 9);
		/* 800 left in the first bucket of every kind. */
		assert_int_not_equal(policer_check(&to, &s, 9, 815, POLICER_GREEN).colour,
				     POLICER_GREEN);
		policer_state_convert(&s, &to, &none, 9);
		policer_state_convert(&s, &none, &to, 9);
		assert_int_equal(policer_check(&to, &s, 9, 2014, POLICER_GREEN).colour,
				 POLICER_GREEN);
	}
}

/* Empty states that idle for hundreds of stamp ranges under the sweep are full, not empty. */
static void the_sweep_keeps_every_kind_right(void **state)
{
	(void)state;
	for (unsigned kind = POLICER_SINGLE_RATE; kind <= POLICER_TRTCM4115; kind++) {
		struct policer_spec spec = spec_of((enum policer_kind)kind);
		struct policer policer;
		union policer_state s;
		uint64_t now = UINT64_MAX - 12345;

		spec.cir = kind == POLICER_PKT_RATE ? 999999999 : 99999999999;
		if (kind >= POLICER_TRTCM)
			spec.second_bps = 399999999999;
		assert_int_equal(policer_init(&policer, &spec, 2299998123), 0);
		policer_state_init(&s, &policer, now);
		while (policer_check(&policer, &s, now, 514, POLICER_GREEN).colour != POLICER_RED)
			;
		for (unsigned i = 0; i < 1000; i++) {
			now += policer_max_idle_ticks(&policer);
			policer_state_refresh(&policer, &s, now);
		}
		assert_int_equal(policer_check(&policer, &s, now, 2014, POLICER_GREEN).colour,
				 POLICER_GREEN);
	}
}

struct refusal {
	const char *why;
	int err;
	enum policer_kind kind;
	void (*spoil)(struct policer_spec *spec);
};

static void spoil_pir(struct policer_spec *spec)
{
	spec->second_bps = 7999999;
}

static void spoil_ebs(struct policer_spec *spec)
{
	spec->second_bytes = 0;
}

static void spoil_bursts(struct policer_spec *spec)
{
	spec->cbs = spec->second_bytes = 0;
}

static void spoil_yellow(struct policer_spec *spec)
{
	spec->actions[POLICER_YELLOW] = (struct policer_colour_action){ POLICER_REMARK, 8 };
}

static void spoil_dscp(struct policer_spec *spec)
{
	spec->actions[POLICER_YELLOW].dscp = 64;
}

static void spoil_idle_dscp(struct policer_spec *spec)
{
	spec->actions[POLICER_GREEN].dscp = 10;
}

static void spoil_action(struct policer_spec *spec)
{
	spec->actions[POLICER_RED].action = 3;
}

static void spoil_aware(struct policer_spec *spec)
{
	spec->colour_aware = true;
}

static void spoil_second_rate(struct policer_spec *spec)
{
	spec->second_bps = 1000000;
}

static void spoil_rate(struct policer_spec *spec)
{
	spec->cir = 1000000;
}

static void spoil_kind(struct policer_spec *spec)
{
	spec->kind = (enum policer_kind)6;
}

static void spoil_layer(struct policer_spec *spec)
{
	spec->layer = (enum rate_layer)3;
}

static void contradictions_are_refused_with_a_sentence(void **state)
{
	static const struct refusal table[] = {
		{ "PIR 7999999 bit/s is below CIR 8000000 bit/s by 1 bit/s: the peak rate must be "
		  "at"
		  " least the committed rate",
		  -EINVAL, POLICER_TRTCM, spoil_pir },
		{ "yellow is to be remarked, but this srTCM (RFC 2697) (CBS 2000, second burst 0)"
		  " never colours a packet yellow",
		  -EINVAL, POLICER_SRTCM, spoil_ebs },
		{ "CBS and EBS are both 0 bytes, so every packet would be red: at least one must"
		  " hold one MTU",
		  -EINVAL, POLICER_SRTCM, spoil_bursts },
		{ "yellow is to be remarked, but this single-rate policer (CBS 2000, second burst "
		  "0)"
		  " never colours a packet yellow",
		  -EINVAL, POLICER_SINGLE_RATE, spoil_yellow },
		{ "DSCP 64 of yellow is outside 0 to 63", -ERANGE, POLICER_TRTCM, spoil_dscp },
		{ "DSCP 10 of green has no effect without the action remark", -EINVAL,
		  POLICER_TRTCM, spoil_idle_dscp },
		{ "action 3 of red is none of pass, remark, drop", -EINVAL, POLICER_TRTCM4115,
		  spoil_action },
		{ "colour-aware mode has no effect in this packet-rate policer: leave it out or "
		  "choose"
		  " another kind",
		  -EINVAL, POLICER_PKT_RATE, spoil_aware },
		{ "second rate (PIR or EIR) has no effect in this srTCM (RFC 2697): leave it out or"
		  " choose another kind",
		  -EINVAL, POLICER_SRTCM, spoil_second_rate },
		{ "rate has no effect in this policer of kind none: leave it out or choose another "
		  "kind",
		  -EINVAL, POLICER_NONE, spoil_rate },
		{ "policer kind 6 is unknown", -EINVAL, POLICER_SRTCM, spoil_kind },
		{ "accounting layer 3 is none of L1, L2, L3", -EINVAL, POLICER_NONE, spoil_layer },
	};

	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct policer_spec spec = spec_of(table[i].kind);
		struct policer policer = { .kind = 42 };
		char why[200];

		assert_int_equal(policer_spec_check(&spec, why, sizeof(why)), 0);
		table[i].spoil(&spec);
		assert_int_equal(policer_spec_check(&spec, why, sizeof(why)), table[i].err);
		assert_string_equal(why, table[i].why);
		assert_int_equal(policer_init(&policer, &spec, HZ), table[i].err);
		assert_int_equal(policer.kind, 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_prepares_and_starts_full),
		cmocka_unit_test(a_verdict_carries_its_colours_action),
		cmocka_unit_test(an_aggregate_refuses_without_charging_the_class),
		cmocka_unit_test(counters_count_the_layer),
		cmocka_unit_test(an_edit_keeps_tokens_and_a_new_kind_starts_full),
		cmocka_unit_test(the_sweep_keeps_every_kind_right),
		cmocka_unit_test(contradictions_are_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
