#ifndef POLICER_POLICER_H
#define POLICER_POLICER_H

/**
 * @file
 * Any policer: a kind, what to do with each colour, and counters per colour.
 *
 * The order of work is spec -> policer -> state: policer_spec_check() tells the user what is wrong,
 * policer_init() prepares a constant that all states of the same spec share, policer_check() is
 * what a packet meets. Writing the DSCP that a verdict asks for is the data plane's.
 */

#include "policer/bucket.h"
#include "policer/colour.h"
#include "policer/hierarchy.h"
#include "policer/srtcm.h"
#include "policer/trtcm.h"
#include "policer/trtcm4115.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Largest DSCP, RFC 2474 section 3. */
#define POLICER_MAX_DSCP 63U

/** How packets are coloured. */
enum policer_kind {
	POLICER_NONE,	     /**< everything is green */
	POLICER_SINGLE_RATE, /**< one bucket of bytes: green or red */
	POLICER_PKT_RATE,    /**< one bucket of packets: green or red */
	POLICER_SRTCM,	     /**< RFC 2697 */
	POLICER_TRTCM,	     /**< RFC 2698 */
	POLICER_TRTCM4115,   /**< RFC 4115 */
};

/** What happens to a packet of a colour. */
enum policer_action {
	POLICER_PASS,
	POLICER_REMARK, /**< set the DSCP, then pass */
	POLICER_DROP,
};

/** Action of one colour. */
struct policer_colour_action {
	uint8_t action; /**< enum policer_action */
	uint8_t dscp;	/**< [0, 63] for POLICER_REMARK, otherwise 0 */
};

/** What the user asks for. A value that the kind has no use for must be 0. */
struct policer_spec {
	enum policer_kind kind;
	enum rate_layer layer; /**< which bytes are policed and counted */
	uint32_t mtu_bytes;    /**< largest IP packet, bytes [68, 65535] */
	bool colour_aware;     /**< three-colour kinds only */
	uint64_t cir;	       /**< committed rate, bit/s; packets/s for POLICER_PKT_RATE */
	uint64_t cbs;	       /**< committed burst, bytes; packets for POLICER_PKT_RATE */
	uint64_t second_bps;   /**< PIR of RFC 2698, EIR of RFC 4115 */
	uint64_t second_bytes; /**< EBS of RFC 2697 and 4115, PBS of RFC 2698 */
	struct policer_colour_action actions[POLICER_COLOURS];
};

/** A prepared policer. Constant after policer_init(); shared by any number of states. */
struct policer {
	uint8_t kind;	     /**< enum policer_kind */
	int8_t adjust_bytes; /**< frame without FCS -> layer, for the counters */
	struct policer_colour_action actions[POLICER_COLOURS];
	union {
		struct policer_profile single; /**< POLICER_SINGLE_RATE, POLICER_PKT_RATE */
		struct policer_srtcm_profile srtcm;
		struct policer_trtcm_profile trtcm;
		struct policer_trtcm4115_profile trtcm4115;
	};
};

/** State of one policer, 16 bytes. Writer and only reader: the thread that polices. */
union policer_state {
	struct policer_bucket single;
	struct policer_srtcm srtcm;
	struct policer_trtcm trtcm;
	struct policer_trtcm4115 trtcm4115;
};

/** What a packet got. */
struct policer_verdict {
	uint8_t colour;	   /**< enum policer_colour */
	uint8_t action;	   /**< enum policer_action */
	uint8_t dscp;	   /**< for POLICER_REMARK */
	bool by_aggregate; /**< dropped because a level above was short, whatever its own colour */
};

/**
 * What a policer saw. Writer: the thread that polices; any thread may read single values at any
 * time. Bytes are those of the policer's layer.
 */
struct policer_counters {
	uint64_t pkts[POLICER_COLOURS];
	uint64_t bytes[POLICER_COLOURS];
};

/**
 * Checks a spec; why and why_len as in policer_params_check().
 *
 * @return 0, -ERANGE for a value out of range, -EINVAL for unknown names and for values that
 *         contradict each other: PIR < CIR, no burst at all, an action for a colour that cannot
 *         occur, a value that the kind has no use for
 */
int policer_spec_check(const struct policer_spec *spec, char *why, size_t why_len);

/**
 * Prepares a policer.
 *
 * @param ticks_hz frequency of the caller's clock, Hz
 * @return 0 or what policer_spec_check() and rate_init() return; unchanged on error
 */
int policer_init(struct policer *policer, const struct policer_spec *spec, uint64_t ticks_hz);

/** Starts a state with all tokens. */
void policer_state_init(union policer_state *state, const struct policer *policer,
			uint64_t now_ticks);

/** Carries tokens over to an edited policer; a change of kind starts with all tokens. */
void policer_state_convert(union policer_state *state, const struct policer *from,
			   const struct policer *to, uint64_t now_ticks);

/**
 * Keeps an idle state's stamps fresh. The owner calls it at least once per
 * policer_max_idle_ticks(), see policer/bucket.h.
 */
void policer_state_refresh(const struct policer *policer, union policer_state *state,
			   uint64_t now_ticks);

/** Longest time between two calls of policer_state_refresh(), ticks; UINT64_MAX: never needed. */
uint64_t policer_max_idle_ticks(const struct policer *policer);

/** Colours one packet and takes its tokens; arguments as in policer_srtcm_check(). */
static inline enum policer_colour policer_colour_pkt(const struct policer *policer,
						     union policer_state *state, uint64_t now_ticks,
						     uint32_t frame_len_bytes,
						     enum policer_colour colour)
{
	bool conforms;

	switch (policer->kind) {
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		conforms = policer_bucket_take(&policer->single, &state->single, now_ticks,
					       frame_len_bytes);
		return (enum policer_colour)(POLICER_RED - 2U * conforms);
	case POLICER_SRTCM:
		return policer_srtcm_check(&policer->srtcm, &state->srtcm, now_ticks,
					   frame_len_bytes, colour);
	case POLICER_TRTCM:
		return policer_trtcm_check(&policer->trtcm, &state->trtcm, now_ticks,
					   frame_len_bytes, colour);
	case POLICER_TRTCM4115:
		return policer_trtcm4115_check(&policer->trtcm4115, &state->trtcm4115, now_ticks,
					       frame_len_bytes, colour);
	default:
		return POLICER_GREEN;
	}
}

/**
 * Polices one packet.
 *
 * @param now_ticks time of the packet, or of its whole reception burst
 * @param frame_len_bytes Ethernet frame without FCS, as a driver reports it
 * @param colour what the packet comes with; POLICER_GREEN when nobody coloured it
 */
static inline struct policer_verdict policer_check(const struct policer *policer,
						   union policer_state *state, uint64_t now_ticks,
						   uint32_t frame_len_bytes,
						   enum policer_colour colour)
{
	enum policer_colour out = policer_colour_pkt(policer, state, now_ticks, frame_len_bytes,
						     colour);

	return (struct policer_verdict){
		.colour = (uint8_t)out,
		.action = policer->actions[out].action,
		.dscp = policer->actions[out].dscp,
	};
}

/**
 * Polices one packet under aggregates: it takes tokens from its own policer and from every level
 * above, or from none of them. A packet that its own colour drops costs the levels nothing; a
 * packet that a level refuses is red, is dropped whatever red's action, and costs nothing at all.
 *
 * @param above count buckets, see policer/hierarchy.h
 */
static inline struct policer_verdict
policer_check_under(const struct policer *policer, union policer_state *state,
		    const struct policer_level *above, unsigned count, uint64_t now_ticks,
		    uint32_t frame_len_bytes, enum policer_colour colour)
{
	union policer_state next = *state;
	struct policer_verdict verdict = policer_check(policer, &next, now_ticks, frame_len_bytes,
						       colour);

	if (verdict.action != POLICER_DROP &&
	    !policer_hierarchy_take(above, count, now_ticks, frame_len_bytes))
		return (struct policer_verdict){
			.colour = POLICER_RED,
			.action = POLICER_DROP,
			.by_aggregate = true,
		};
	*state = next;
	return verdict;
}

/** Counts one packet under its colour. A frame too short for the layer counts 0 bytes. */
static inline void policer_count(const struct policer *policer, struct policer_counters *counters,
				 enum policer_colour colour, uint32_t frame_len_bytes)
{
	int64_t bytes = (int64_t)frame_len_bytes + policer->adjust_bytes;

	counters->pkts[colour]++;
	counters->bytes[colour] += bytes > 0 ? (uint64_t)bytes : 0;
}

/**
 * Counts packets of one colour, none of them so short that its length in the layer is negative.
 *
 * @param frames_bytes sum of their frame lengths
 */
static inline void policer_count_burst(const struct policer *policer,
				       struct policer_counters *counters,
				       enum policer_colour colour, uint32_t npkts,
				       uint32_t frames_bytes)
{
	counters->pkts[colour] += npkts;
	counters->bytes[colour] += (uint64_t)((int64_t)frames_bytes +
					      (int64_t)npkts * policer->adjust_bytes);
}

#endif
