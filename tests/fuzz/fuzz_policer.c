/*
 * Property test of every policer kind: bytes become a spec and a sequence of packets.
 *
 *  - A spec that the check refuses is refused by policer_init() with the same error and a sentence;
 *    one that it accepts can be prepared.
 *  - Every verdict is that of exact token counting (tests/policer/reference.h), whatever the times,
 *    lengths, colours, refreshes and idle times.
 *  - What is green never exceeds burst + rate * t over any window: a virtual queue that is filled by
 *    green packets and drained at the committed rate never holds more than CBS.
 *  - A source that sends each packet at the first tick at which a bucket of the same profile holds
 *    it loses none.
 *  - An edit of the rate keeps the tokens, to less than one, and never makes more than the burst.
 */
#include "tests/policer/reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

struct run {
	struct policer_spec spec;
	struct policer policer;
	union policer_state state;
	struct reference exact;
	rate_u128 green_queue; /* in the reference's units */
	uint64_t now_ticks, queue_ticks, ticks_hz;
};

static uint64_t take_bytes(struct input *in, unsigned count)
{
	uint64_t value = 0;

	while (count-- > 0 && in->left > 0) {
		value = value << 8 | *in->data++;
		in->left--;
	}
	return value;
}

/* 7 bits of exponent and 9 of mantissa: every magnitude of 64 bits in two bytes. */
static uint64_t take_magnitude(struct input *in)
{
	uint64_t raw = take_bytes(in, 2);

	return (raw & 0x1ff) << (raw >> 9) % 56;
}

/* Mostly within the range, now and then anything. */
static uint64_t take_in_range(struct input *in, uint64_t low, uint64_t high)
{
	uint64_t value = take_magnitude(in);

	if (value % 32 == 31)
		return value;
	return value < low ? low : value > high ? high : value;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void take_spec(struct input *in, struct policer_spec *spec)
{
	uint64_t kinds = take_bytes(in, 1), flags = take_bytes(in, 1);
	bool pkts;

	*spec = (struct policer_spec){
		.kind = (enum policer_kind)(kinds % 16 == 15 ? kinds : kinds % 6),
		.layer = (enum rate_layer)(flags % 64 == 63 ? 3 : flags % 3),
		.mtu_bytes = (uint32_t)take_in_range(in, POLICER_MIN_MTU_BYTES, 9000),
		.colour_aware = flags >> 7 != 0,
	};
	pkts = spec->kind == POLICER_PKT_RATE;
	if (spec->kind != POLICER_NONE) {
		spec->cir = take_in_range(in, RATE_MIN_BPS, pkts ? RATE_MAX_PPS : RATE_MAX_BPS);
		spec->cbs = take_in_range(in, pkts ? 1 : spec->mtu_bytes + 38ULL,
					  pkts ? POLICER_MAX_BURST_PKTS : POLICER_MAX_BURST_BYTES);
	}
	if (spec->kind >= POLICER_SRTCM)
		spec->second_bytes = take_in_range(in, spec->mtu_bytes + 38ULL,
						   POLICER_MAX_BURST_BYTES);
	else if (flags % 32 != 5)
		spec->colour_aware = false;
	if (spec->kind >= POLICER_TRTCM)
		spec->second_bps = take_in_range(in, spec->cir, RATE_MAX_BPS);
	for (unsigned i = 0; i < POLICER_COLOURS; i++)
		spec->actions[i].action = (uint8_t)(take_bytes(in, 1) % 65 == 64 ? POLICER_REMARK
										 : POLICER_PASS);
}

static bool start(struct run *r, struct input *in)
{
	char why[256] = "";
	int err;

	take_spec(in, &r->spec);
	r->ticks_hz = take_in_range(in, RATE_MIN_TICKS_HZ, RATE_MAX_TICKS_HZ);
	r->now_ticks = r->queue_ticks = take_bytes(in, 8);
	err = policer_spec_check(&r->spec, why, sizeof(why));
	require((err == 0) == (why[0] == '\0'));
	require(memchr(why, '\0', sizeof(why)) != NULL);
	if (err == 0 && (r->ticks_hz < RATE_MIN_TICKS_HZ || r->ticks_hz > RATE_MAX_TICKS_HZ) &&
	    r->spec.kind != POLICER_NONE)
		err = -ERANGE;
	require(policer_init(&r->policer, &r->spec, r->ticks_hz) == err);
	if (err != 0)
		return false;
	policer_state_init(&r->state, &r->policer, r->now_ticks);
	reference_init(&r->exact, &r->policer, &r->spec, r->now_ticks, false);
	return r->spec.kind != POLICER_NONE;
}

static uint64_t charge_of(const struct run *r, uint32_t frame_len)
{
	return r->spec.kind == POLICER_PKT_RATE
		       ? 1
		       : (uint64_t)((int64_t)frame_len + r->exact.adjust_bytes);
}

/* The window bound; RFC 2698 charges green packets to both buckets, C is the committed one. */
static void queue_green(struct run *r, uint32_t frame_len)
{
	const struct ref_bucket *c = &r->exact.first;
	rate_u128 drained = (rate_u128)c->per_tick * (r->now_ticks - r->queue_ticks);

	r->green_queue = r->green_queue > drained ? r->green_queue - drained : 0;
	r->green_queue += c->per_unit * charge_of(r, frame_len);
	r->queue_ticks = r->now_ticks;
	require(r->green_queue <= c->size);
}

static enum policer_colour packet(struct run *r, uint32_t frame_len, enum policer_colour in)
{
	enum policer_colour ours, exact;

	reference_advance(&r->exact, r->now_ticks);
	exact = reference_check(&r->exact, frame_len, in);
	ours = policer_check(&r->policer, &r->state, r->now_ticks, frame_len, in).colour;
	require(ours == exact);
	if (ours == POLICER_GREEN)
		queue_green(r, frame_len);
	return ours;
}

static void pass_time(struct run *r, uint64_t ticks)
{
	uint64_t max_idle = policer_max_idle_ticks(&r->policer);

	for (unsigned sweeps = 0; ticks > max_idle && sweeps < 64; sweeps++) {
		r->now_ticks += max_idle;
		ticks -= max_idle;
		policer_state_refresh(&r->policer, &r->state, r->now_ticks);
		reference_advance(&r->exact, r->now_ticks);
	}
	r->now_ticks += ticks > max_idle ? max_idle : ticks;
}

/* Waits until the committed bucket holds the packet, not a tick longer, and sends it green. */
static void shaped_packet(struct run *r, uint32_t frame_len)
{
	const struct ref_bucket *c = &r->exact.first;
	rate_u128 cost = c->per_unit * charge_of(r, frame_len);
	rate_u128 ticks;

	if ((int64_t)frame_len + r->exact.adjust_bytes < 0 || cost > c->size)
		return;
	reference_advance(&r->exact, r->now_ticks);
	ticks = cost > c->level ? (cost - c->level + c->per_tick - 1) / c->per_tick : 0;
	if (ticks > policer_max_idle_ticks(&r->policer))
		return;
	r->now_ticks += (uint64_t)ticks;
	if (r->spec.kind == POLICER_TRTCM)
		packet(r, frame_len, POLICER_GREEN);
	else
		require(packet(r, frame_len, POLICER_GREEN) == POLICER_GREEN);
}

/* A single bucket gets another rate: its tokens stay, the references follow what it now holds. */
static void edit(struct run *r, uint64_t cir)
{
	struct policer_spec spec = r->spec;
	struct policer edited;
	uint64_t before, after;

	spec.cir = cir;
	if (spec.kind != POLICER_SINGLE_RATE || policer_init(&edited, &spec, r->ticks_hz) != 0)
		return;
	before = policer_bucket_tokens(&r->policer.single, &r->state.single, r->now_ticks);
	policer_state_convert(&r->state, &r->policer, &edited, r->now_ticks);
	after = policer_bucket_tokens(&edited.single, &r->state.single, r->now_ticks);
	require(after <= before && after + 1 >= before);
	r->policer = edited;
	r->spec = spec;
	reference_init(&r->exact, &r->policer, &r->spec, r->now_ticks, false);
	r->exact.first.level = policer_bucket_room(&edited.single, &r->state.single,
						   r->now_ticks << edited.single.frac_bits);
	r->green_queue = r->exact.first.size - r->exact.first.level;
	r->queue_ticks = r->now_ticks;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct run r = { .green_queue = 0 };

	if (!start(&r, &in))
		return 0;
	while (in.left > 0) {
		uint64_t op = take_bytes(&in, 1);
		uint32_t frame_len = (uint32_t)take_bytes(&in, 2);
		enum policer_colour colour = (enum policer_colour)(op % 3);

		switch (op >> 6) {
		case 0:
			packet(&r, frame_len, colour);
			break;
		case 1:
			pass_time(&r, take_magnitude(&in));
			packet(&r, frame_len, colour);
			break;
		case 2:
			shaped_packet(&r, frame_len);
			break;
		default:
			if (op % 16 == 0)
				edit(&r, take_in_range(&in, RATE_MIN_BPS, RATE_MAX_BPS));
			else
				pass_time(&r, take_magnitude(&in) % 4096);
			break;
		}
	}
	return 0;
}
