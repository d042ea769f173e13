#ifndef POLICER_TRTCM4115_H
#define POLICER_TRTCM4115_H

/**
 * @file
 * Two-rate three-color marker with efficient handling of in-profile traffic, RFC 4115.
 *
 * Definition (figure 1). Bucket C holds at most CBS tokens and gains CIR per second, bucket E at
 * most EBS and EIR; both start full. A packet of length B is green if B <= C, taking B from C;
 * else yellow if B <= E, taking B from E; else red. In colour-aware mode only a packet that came
 * green can be green, and only one that did not come red can be yellow. Unlike in RFC 2698 the
 * second rate is on top of the first, and a packet that came yellow costs no green tokens.
 *
 * Formulation. Each bucket is a TAT at its own rate, exactly as in policer/bucket.h; the two never
 * exchange tokens, so every verdict is that of real-number arithmetic with the prepared rates.
 *
 * Time, idle time and threads: as in policer/bucket.h; the refresh period is the shorter one of
 * the two rates.
 */

#include "policer/bucket.h"
#include "policer/colour.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What the user asks for. */
struct policer_trtcm4115_params {
	uint64_t cir_bps;      /**< committed information rate, bit/s [1000, 4e11] */
	uint64_t cbs_bytes;    /**< committed burst, bytes [one MTU in the layer, 1e9] */
	uint64_t eir_bps;      /**< excess information rate, bit/s [1000, 4e11] */
	uint64_t ebs_bytes;    /**< excess burst, bytes [one MTU in the layer, 1e9] */
	enum rate_layer layer; /**< which bytes count */
	uint32_t mtu_bytes;    /**< largest IP packet, bytes [68, 65535] */
	bool colour_aware;     /**< whether the colour that a packet comes with matters */
};

/** Prepared parameters, constant, shared. */
struct policer_trtcm4115_profile {
	struct policer_profile c; /**< bucket C: CIR and CBS */
	struct policer_profile e; /**< bucket E: EIR and EBS */
	uint8_t colour_mask;	  /**< policer_colour_mask() */
};

/** State. Writer and only reader: the thread that polices. */
struct policer_trtcm4115 {
	struct policer_bucket c, e;
};

/**
 * Checks parameters; why and why_len as in policer_params_check().
 *
 * @return 0, -ERANGE for a value out of range, -EINVAL for an unknown layer
 */
int policer_trtcm4115_params_check(const struct policer_trtcm4115_params *params, char *why,
				   size_t why_len);

/** Prepares a profile. @return 0 or what the check or rate_init() returns; unchanged on error */
int policer_trtcm4115_profile_init(struct policer_trtcm4115_profile *profile,
				   const struct policer_trtcm4115_params *params,
				   uint64_t ticks_hz);

/** Starts with both buckets full. */
void policer_trtcm4115_init(struct policer_trtcm4115 *state,
			    const struct policer_trtcm4115_profile *profile, uint64_t now_ticks);

/** Carries the tokens of both buckets over to an edited profile, at most its bursts. */
void policer_trtcm4115_convert(struct policer_trtcm4115 *state,
			       const struct policer_trtcm4115_profile *from,
			       const struct policer_trtcm4115_profile *to, uint64_t now_ticks);

/** Keeps an idle state's stamps fresh; changes no verdict. */
static inline void policer_trtcm4115_refresh(const struct policer_trtcm4115_profile *profile,
					     struct policer_trtcm4115 *state, uint64_t now_ticks)
{
	policer_bucket_refresh(&profile->c, &state->c, now_ticks);
	policer_bucket_refresh(&profile->e, &state->e, now_ticks);
}

/** What both buckets hold at one moment. */
struct policer_trtcm4115_rooms {
	uint64_t c_full, e_full; /* now + cost of the burst: TAT = full - room */
	uint64_t c, e;
};

/** Brings both buckets to a time. */
static inline struct policer_trtcm4115_rooms
policer_trtcm4115_open(const struct policer_trtcm4115_profile *profile,
		       const struct policer_trtcm4115 *state, uint64_t now_ticks)
{
	uint64_t c_now = now_ticks << profile->c.frac_bits;
	uint64_t e_now = now_ticks << profile->e.frac_bits;

	return (struct policer_trtcm4115_rooms){
		.c_full = c_now + profile->c.limit,
		.e_full = e_now + profile->e.limit,
		.c = policer_bucket_room(&profile->c, &state->c, c_now),
		.e = policer_bucket_room(&profile->e, &state->e, e_now),
	};
}

/** Colours one packet of that moment and takes its tokens; colour as in policer_trtcm4115_check(). */
static inline enum policer_colour
policer_trtcm4115_step(const struct policer_trtcm4115_profile *profile,
		       struct policer_trtcm4115_rooms *rooms, uint32_t frame_len_bytes,
		       enum policer_colour colour)
{
	uint32_t charge = policer_profile_bytes(&profile->c, frame_len_bytes);
	uint64_t c_cost = profile->c.unit_cost * charge;
	uint64_t e_cost = profile->e.unit_cost * charge;
	unsigned in = (unsigned)colour & profile->colour_mask;
	uint64_t e = rooms->e;
	bool green = policer_take_room(&rooms->c,
				       c_cost + policer_colour_deny(in != POLICER_GREEN));
	bool fits_e = policer_take_room(&e, e_cost + policer_colour_deny(in == POLICER_RED));

	rooms->e = policer_if(green, rooms->e, e);
	return (enum policer_colour)(POLICER_RED - 2U * green - (fits_e & !green));
}

/** Keeps what is left. */
static inline void policer_trtcm4115_close(struct policer_trtcm4115 *state,
					   const struct policer_trtcm4115_rooms *rooms)
{
	state->c.tat = rooms->c_full - rooms->c;
	state->e.tat = rooms->e_full - rooms->e;
}

/**
 * Colours one packet and takes its tokens. Packets that arrived at one time may share one
 * policer_trtcm4115_open() and policer_trtcm4115_close() around their steps: the same verdicts, cheaper.
 *
 * @param frame_len_bytes Ethernet frame without FCS, as a driver reports it
 * @param colour what the packet comes with; ignored by a colour-blind profile
 */
static inline enum policer_colour
policer_trtcm4115_check(const struct policer_trtcm4115_profile *profile,
			struct policer_trtcm4115 *state, uint64_t now_ticks,
			uint32_t frame_len_bytes, enum policer_colour colour)
{
	struct policer_trtcm4115_rooms rooms = policer_trtcm4115_open(profile, state, now_ticks);
	enum policer_colour out = policer_trtcm4115_step(profile, &rooms, frame_len_bytes, colour);

	policer_trtcm4115_close(state, &rooms);
	return out;
}

#endif
