#ifndef POLICER_SRTCM_H
#define POLICER_SRTCM_H

/**
 * @file
 * Single Rate Three Color Marker, RFC 2697.
 *
 * Definition (section 3). Bucket C holds at most CBS tokens, bucket E at most EBS; both start full.
 * CIR tokens per second go to C, and what C cannot hold goes to E. A packet of length B is green if
 * C - B >= 0 (and takes B from C), else yellow if E - B >= 0 (and takes B from E), else red. In
 * colour-aware mode a packet can only be green if it came green, and yellow if it came green or
 * yellow.
 *
 * Formulation. C is a TAT as in policer/bucket.h: the stamp at which C is full. E is kept as what
 * it held at that stamp. That is exact: C receives every token until its TAT and none after, so E
 * receives none until C's TAT and every token after. Hence at a time `now`
 *
 *     C holds  CBS - max(TAT - now, 0)
 *     E holds  min(what it held + max(now - TAT, 0), EBS)
 *
 * A green packet moves the TAT; E holds the same at the new TAT, because nothing reaches it in
 * between. All are stamp units of the one rate and costs are exactly linear, so every verdict is
 * that of real-number arithmetic with the prepared rate.
 *
 * Time, idle time and threads: as in policer/bucket.h.
 */

#include "policer/bucket.h"
#include "policer/colour.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What the user asks for. */
struct policer_srtcm_params {
	uint64_t cir_bps;      /**< committed information rate, bit/s [1000, 4e11] */
	uint64_t cbs_bytes;    /**< committed burst, bytes: 0 or [one MTU in the layer, 1e9] */
	uint64_t ebs_bytes;    /**< excess burst, likewise; not both 0 */
	enum rate_layer layer; /**< which bytes count */
	uint32_t mtu_bytes;    /**< largest IP packet, bytes [68, 65535] */
	bool colour_aware;     /**< whether the colour that a packet comes with matters */
};

/** Prepared parameters, constant, shared. */
struct policer_srtcm_profile {
	struct policer_profile c; /**< bucket C: CIR and CBS */
	uint64_t e_limit;	  /**< cost of EBS, stamp units */
	uint64_t ebs_bytes;	  /**< effective EBS: the configured one */
	uint8_t colour_mask;	  /**< policer_colour_mask() */
};

/** State. Writer and only reader: the thread that polices. */
struct policer_srtcm {
	struct policer_bucket c;
	uint64_t e_held; /**< what E held when C was last full, stamp units */
};

/**
 * Checks parameters; why and why_len as in policer_params_check().
 *
 * @return 0, -ERANGE for a value out of range, -EINVAL for CBS = EBS = 0 (RFC 2697 section 2) or
 *         an unknown layer
 */
int policer_srtcm_params_check(const struct policer_srtcm_params *params, char *why,
			       size_t why_len);

/** Prepares a profile. @return 0 or what the check or rate_init() returns; unchanged on error */
int policer_srtcm_profile_init(struct policer_srtcm_profile *profile,
			       const struct policer_srtcm_params *params, uint64_t ticks_hz);

/** Starts with both buckets full. */
void policer_srtcm_init(struct policer_srtcm *state, const struct policer_srtcm_profile *profile,
			uint64_t now_ticks);

/** Carries the tokens of both buckets over to an edited profile, at most its bursts. */
void policer_srtcm_convert(struct policer_srtcm *state, const struct policer_srtcm_profile *from,
			   const struct policer_srtcm_profile *to, uint64_t now_ticks);

/** What both buckets hold at one moment. */
struct policer_srtcm_rooms {
	uint64_t full; /* now + cost of CBS: TAT = full - c */
	uint64_t c, e;
};

/** Brings both buckets to a time. */
static inline struct policer_srtcm_rooms
policer_srtcm_open(const struct policer_srtcm_profile *profile, const struct policer_srtcm *state,
		   uint64_t now_ticks)
{
	uint64_t now = now_ticks << profile->c.frac_bits;
	uint64_t ahead = state->c.tat - now;
	uint64_t overflow = policer_if_above(ahead, profile->c.ahead_max, 0 - ahead, 0);
	uint64_t e = state->e_held + overflow;
	uint64_t e_space = profile->e_limit - state->e_held;

	return (struct policer_srtcm_rooms){
		.full = now + profile->c.limit,
		.c = policer_bucket_room(&profile->c, &state->c, now),
		.e = policer_if_above(overflow, e_space, profile->e_limit, e),
	};
}

/** Colours one packet of that moment and takes its tokens; in as in policer_srtcm_check(). */
static inline enum policer_colour policer_srtcm_step(const struct policer_srtcm_profile *profile,
						     struct policer_srtcm_rooms *rooms,
						     uint32_t frame_len_bytes,
						     enum policer_colour colour)
{
	uint64_t cost = policer_profile_cost(&profile->c, frame_len_bytes);
	unsigned in = (unsigned)colour & profile->colour_mask;
	uint64_t e = rooms->e;
	bool green = policer_take_room(&rooms->c, cost + policer_colour_deny(in != POLICER_GREEN));
	bool fits_e = policer_take_room(&e, cost + policer_colour_deny(in == POLICER_RED));

	rooms->e = policer_if(green, rooms->e, e);
	return (enum policer_colour)(POLICER_RED - 2U * green - (fits_e & !green));
}

/** Keeps what is left. */
static inline void policer_srtcm_close(struct policer_srtcm *state,
				       const struct policer_srtcm_rooms *rooms)
{
	state->c.tat = rooms->full - rooms->c;
	state->e_held = rooms->e;
}

/** Keeps an idle state's stamp fresh; changes no verdict. Period: that of profile->c. */
static inline void policer_srtcm_refresh(const struct policer_srtcm_profile *profile,
					 struct policer_srtcm *state, uint64_t now_ticks)
{
	struct policer_srtcm_rooms rooms = policer_srtcm_open(profile, state, now_ticks);

	policer_srtcm_close(state, &rooms);
}

/**
 * Colours one packet and takes its tokens. Packets that arrived at one time may share one
 * policer_srtcm_open() and policer_srtcm_close() around their steps: the same verdicts, cheaper.
 *
 * @param frame_len_bytes Ethernet frame without FCS, as a driver reports it
 * @param colour what the packet comes with; ignored by a colour-blind profile
 */
static inline enum policer_colour policer_srtcm_check(const struct policer_srtcm_profile *profile,
						      struct policer_srtcm *state,
						      uint64_t now_ticks, uint32_t frame_len_bytes,
						      enum policer_colour colour)
{
	struct policer_srtcm_rooms rooms = policer_srtcm_open(profile, state, now_ticks);
	enum policer_colour out = policer_srtcm_step(profile, &rooms, frame_len_bytes, colour);

	policer_srtcm_close(state, &rooms);
	return out;
}

#endif
