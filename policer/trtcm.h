#ifndef POLICER_TRTCM_H
#define POLICER_TRTCM_H

/**
 * @file
 * Two Rate Three Color Marker, RFC 2698.
 *
 * Definition (section 3). Bucket C holds at most CBS tokens and gains CIR per second, bucket P at
 * most PBS and PIR; both start full. A packet of length B is red if P - B < 0; else yellow if
 * C - B < 0, taking B from P; else green, taking B from both. In colour-aware mode a packet that
 * came red stays red and one that came yellow is treated as if C were short.
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
struct policer_trtcm_params {
	uint64_t cir_bps;      /**< committed information rate, bit/s [1000, 4e11] */
	uint64_t cbs_bytes;    /**< committed burst, bytes [one MTU in the layer, 1e9] */
	uint64_t pir_bps;      /**< peak information rate, bit/s [cir_bps, 4e11] */
	uint64_t pbs_bytes;    /**< peak burst, bytes [one MTU in the layer, 1e9] */
	enum rate_layer layer; /**< which bytes count */
	uint32_t mtu_bytes;    /**< largest IP packet, bytes [68, 65535] */
	bool colour_aware;     /**< whether the colour that a packet comes with matters */
};

/** Prepared parameters, constant, shared. */
struct policer_trtcm_profile {
	struct policer_profile c; /**< bucket C: CIR and CBS */
	struct policer_profile p; /**< bucket P: PIR and PBS */
	uint8_t colour_mask;	  /**< policer_colour_mask() */
};

/** State. Writer and only reader: the thread that polices. */
struct policer_trtcm {
	struct policer_bucket c, p;
};

/**
 * Checks parameters; why and why_len as in policer_params_check().
 *
 * @return 0, -ERANGE for a value out of range, -EINVAL for PIR < CIR (RFC 2698 section 2) or
 *         an unknown layer
 */
int policer_trtcm_params_check(const struct policer_trtcm_params *params, char *why,
			       size_t why_len);

/** Prepares a profile. @return 0 or what the check or rate_init() returns; unchanged on error */
int policer_trtcm_profile_init(struct policer_trtcm_profile *profile,
			       const struct policer_trtcm_params *params, uint64_t ticks_hz);

/** Starts with both buckets full. */
void policer_trtcm_init(struct policer_trtcm *state, const struct policer_trtcm_profile *profile,
			uint64_t now_ticks);

/** Carries the tokens of both buckets over to an edited profile, at most its bursts. */
void policer_trtcm_convert(struct policer_trtcm *state, const struct policer_trtcm_profile *from,
			   const struct policer_trtcm_profile *to, uint64_t now_ticks);

/** Keeps an idle state's stamps fresh; changes no verdict. */
static inline void policer_trtcm_refresh(const struct policer_trtcm_profile *profile,
					 struct policer_trtcm *state, uint64_t now_ticks)
{
	policer_bucket_refresh(&profile->c, &state->c, now_ticks);
	policer_bucket_refresh(&profile->p, &state->p, now_ticks);
}

/** What both buckets hold at one moment. */
struct policer_trtcm_rooms {
	uint64_t c_full, p_full; /* now + cost of the burst: TAT = full - room */
	uint64_t c, p;
};

/** Brings both buckets to a time. */
static inline struct policer_trtcm_rooms
policer_trtcm_open(const struct policer_trtcm_profile *profile, const struct policer_trtcm *state,
		   uint64_t now_ticks)
{
	uint64_t c_now = now_ticks << profile->c.frac_bits;
	uint64_t p_now = now_ticks << profile->p.frac_bits;

	return (struct policer_trtcm_rooms){
		.c_full = c_now + profile->c.limit,
		.p_full = p_now + profile->p.limit,
		.c = policer_bucket_room(&profile->c, &state->c, c_now),
		.p = policer_bucket_room(&profile->p, &state->p, p_now),
	};
}

/** Colours one packet of that moment and takes its tokens; colour as in policer_trtcm_check(). */
static inline enum policer_colour policer_trtcm_step(const struct policer_trtcm_profile *profile,
						     struct policer_trtcm_rooms *rooms,
						     uint32_t frame_len_bytes,
						     enum policer_colour colour)
{
	uint32_t charge = policer_profile_bytes(&profile->c, frame_len_bytes);
	uint64_t c_cost = profile->c.unit_cost * charge;
	uint64_t p_cost = profile->p.unit_cost * charge;
	unsigned in = (unsigned)colour & profile->colour_mask;
	uint64_t c = rooms->c;
	bool passes = policer_take_room(&rooms->p, p_cost + policer_colour_deny(in == POLICER_RED));
	bool fits_c = policer_take_room(&c, c_cost + policer_colour_deny(in != POLICER_GREEN));

	rooms->c = policer_if(passes, c, rooms->c);
	return (enum policer_colour)(POLICER_RED - passes - (passes & fits_c));
}

/** Keeps what is left. */
static inline void policer_trtcm_close(struct policer_trtcm *state,
				       const struct policer_trtcm_rooms *rooms)
{
	state->c.tat = rooms->c_full - rooms->c;
	state->p.tat = rooms->p_full - rooms->p;
}

/**
 * Colours one packet and takes its tokens. Packets that arrived at one time may share one
 * policer_trtcm_open() and policer_trtcm_close() around their steps: the same verdicts, cheaper.
 *
 * @param frame_len_bytes Ethernet frame without FCS, as a driver reports it
 * @param colour what the packet comes with; ignored by a colour-blind profile
 */
static inline enum policer_colour policer_trtcm_check(const struct policer_trtcm_profile *profile,
						      struct policer_trtcm *state,
						      uint64_t now_ticks, uint32_t frame_len_bytes,
						      enum policer_colour colour)
{
	struct policer_trtcm_rooms rooms = policer_trtcm_open(profile, state, now_ticks);
	enum policer_colour out = policer_trtcm_step(profile, &rooms, frame_len_bytes, colour);

	policer_trtcm_close(state, &rooms);
	return out;
}

#endif
