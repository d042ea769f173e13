#ifndef SHAPER_SHAPER_H
#define SHAPER_SHAPER_H

/**
 * @file
 * Egress shaper of one output port: an aggregate profile, under it classes with strict priority
 * and deficit round robin, under one of them optionally up to 65 536 flows with profiles of their
 * own.
 *
 * The owner's loop is: offer what came in, dequeue what is due, send, every time at one `now`:
 *
 *     out.npkts = out.nmarks = out.ndrops = 0;
 *     shaper_offer_burst(shaper, now, in, n, &out);
 *     shaper_dequeue_burst(shaper, now, &out);
 *     -> set CE in out.marks[], send out.pkts[], free out.drops[]
 *
 * A packet that conforms while nothing is waiting for the aggregate goes from in to out in the
 * offer, in order, and never touches a queue. All others are queued or refused, and leave in a
 * later dequeue.
 *
 * Conformance. A packet leaves iff the token bucket (burst, rate) of every profile above it holds
 * at least the packet's length, exactly, so for every window of length t the departures of a
 * profile have at most burst + rate * t bytes. Departures are derived from stamps: tokens keep
 * growing between two polls, so a late poll costs no rate as long as the bucket does not overflow
 * meanwhile, i.e. while burst >= longest packet + rate * gap (shaper_burst_for_gap_bytes()).
 *
 * Order. Within a class without flows, and within a flow, packets leave in the order in which they
 * were offered; a packet that has to wait is never overtaken by a smaller one of its class. A
 * packet of a lower priority level leaves only when no packet of a higher one could leave now.
 *
 * The shaper never looks into a packet: it stores the pointer and the length, and tells the caller
 * which packets to mark (ECN) and which to free.
 *
 * Ownership: one thread, the worker that owns the port, calls everything. Other threads may call
 * the functions that say so.
 */

#include "policer/rate.h"

#include <stddef.h>
#include <stdint.h>

/** Classes of a shaper. */
#define SHAPER_MAX_CLASSES 64U
/** Priority levels: 0 is served first. */
#define SHAPER_MAX_LEVELS 64U
/** Flows of a shaper. */
#define SHAPER_MAX_FLOWS 65536U
/** Longest frame that may be configured, bytes without FCS. */
#define SHAPER_MAX_FRAME_BYTES 16384U
/** Shortest frame that is accepted, bytes without FCS: an Ethernet header. */
#define SHAPER_MIN_FRAME_BYTES 14U
/** Largest burst of a profile, bytes. */
#define SHAPER_MAX_BURST_BYTES 1000000000U
/** Largest quota of a class, and largest sum of them, packets. */
#define SHAPER_MAX_QUOTA_PKTS (1U << 24)
/** Largest quota of a flow, packets. */
#define SHAPER_MAX_FLOW_QUOTA_PKTS 65535U
/** Largest weight of a class. */
#define SHAPER_MAX_WEIGHT 10000U
/** Longest time limit and ECN threshold, ns. */
#define SHAPER_MAX_WAIT_NS 600000000000ULL
/** Alignment of the memory block of a shaper, bytes. */
#define SHAPER_MEM_ALIGN 64U
/** Room that a refusal's sentence needs at most, bytes. */
#define SHAPER_WHY_LEN 200U

/** A token bucket's parameters. rate_bps 0 means that there is no profile. */
struct shaper_profile_params {
	uint64_t rate_bps;    /**< bit/s in [RATE_MIN_BPS, RATE_MAX_BPS], or 0 */
	uint32_t burst_bytes; /**< longest packet to SHAPER_MAX_BURST_BYTES, in the layer */
};

/** One class. All lengths in the shaper's layer. */
struct shaper_class_params {
	uint32_t level;	     /**< strict priority, 0 first, below SHAPER_MAX_LEVELS */
	uint32_t weight;     /**< share within the level, 1 to SHAPER_MAX_WEIGHT */
	uint32_t quota_pkts; /**< packets it may hold, 1 to SHAPER_MAX_QUOTA_PKTS */
	/** Own profile, below the aggregate's; rate_bps 0 when it has none. */
	struct shaper_profile_params profile;
	/** Bytes that may be queued; more are dropped on arrival. 0: no limit in bytes. */
	uint32_t limit_bytes;
	/**
	 * Longest wait, ns; 0: none. Has two effects: what the class's rate (the aggregate's when it
	 * has none) delivers in this time is a limit in bytes, and a packet that nevertheless waited
	 * longer is dropped at the head of the queue.
	 */
	uint64_t limit_ns;
	/**
	 * ECN threshold, ns; 0: no ECN. A packet that waited longer is reported in out.marks when it
	 * was offered as SHAPER_PKT_ECN, and dropped at the head of the queue otherwise.
	 */
	uint64_t ecn_ns;
};

/** Per-flow shaping inside one class. */
struct shaper_flow_params {
	uint32_t nflows;      /**< flows, 0 (none) to SHAPER_MAX_FLOWS */
	uint32_t class_index; /**< the class whose packets belong to flows */
	uint32_t quota_pkts;  /**< packets one flow may hold, 1 to SHAPER_MAX_FLOW_QUOTA_PKTS */
	uint32_t quota_bytes; /**< bytes one flow may hold, at least one packet; 0: no limit */
	/** Profiles that flows may have; each with a rate. Copied. */
	const struct shaper_profile_params *profiles;
	uint32_t nprofiles; /**< 1 to SHAPER_MAX_FLOWS */
	/** Index into profiles for every flow; NULL when all flows have profile 0. Copied. */
	const uint16_t *profile_of_flow;
};

/** A shaper. */
struct shaper_params {
	uint64_t ticks_hz;	  /**< measured frequency of the clock that now_ticks counts, Hz */
	enum rate_layer layer;	  /**< what all lengths, rates and limits of this shaper count */
	uint32_t max_frame_bytes; /**< longest frame without FCS, bytes; longer ones are dropped */
	/** Profile of the port; rate_bps 0: not shaped, classes are still scheduled. */
	struct shaper_profile_params aggregate;
	uint32_t nclasses; /**< 1 to SHAPER_MAX_CLASSES */
	struct shaper_class_params classes[SHAPER_MAX_CLASSES];
	struct shaper_flow_params flows;
};

/** shaper_pkt.flags: the packet may be CE-marked. */
#define SHAPER_PKT_ECN 0x01U

/** A packet on its way in. */
struct shaper_pkt {
	void *pkt;		  /**< the caller's packet, never dereferenced */
	uint16_t frame_len_bytes; /**< Ethernet frame without FCS */
	uint8_t class_index;	  /**< below nclasses */
	uint8_t flags;		  /**< SHAPER_PKT_ECN or 0 */
	uint32_t flow;		  /**< below nflows; read only in the class that has flows */
};

/** What came out. The caller owns the arrays and resets the counts. */
struct shaper_out {
	void **pkts;	    /**< to be sent, in this order */
	void **marks;	    /**< the ones of them to be CE-marked first; room for max_pkts */
	void **drops;	    /**< to be freed; they are counted already */
	uint32_t max_pkts;  /**< room in pkts; when it is full packets stay queued */
	uint32_t max_drops; /**< room in drops; an offer of n packets needs n free */
	uint32_t npkts;	    /**< used part of pkts */
	uint32_t nmarks;    /**< used part of marks */
	uint32_t ndrops;    /**< used part of drops */
};

/** Why a packet was dropped. */
enum shaper_drop {
	SHAPER_DROP_LIMIT,	/**< on arrival: the class held limit_bytes */
	SHAPER_DROP_QUOTA,	/**< on arrival: the class held quota_pkts */
	SHAPER_DROP_FLOW_QUOTA, /**< on arrival: the flow held its quota of packets or bytes */
	SHAPER_DROP_LENGTH,	/**< on arrival: frame shorter or longer than agreed */
	SHAPER_DROP_LATE,	/**< at the head: waited longer than limit_ns */
	SHAPER_DROP_ECN,	/**< at the head: waited longer than ecn_ns, cannot be marked */
	SHAPER_DROP_FLUSH,	/**< by shaper_flush_burst() */
	SHAPER_DROP_CAUSES
};

/**
 * Counters of a class. Bytes are in the shaper's layer. At any time at rest:
 * offered = direct + queued_now + dequeued + all drops, in packets and in bytes.
 */
struct shaper_class_stats {
	uint64_t direct_pkts;			 /**< passed without being queued */
	uint64_t direct_bytes;			 /**< */
	uint64_t enqueued_pkts;			 /**< entered the queue */
	uint64_t enqueued_bytes;		 /**< */
	uint64_t dequeued_pkts;			 /**< left the queue to be sent */
	uint64_t dequeued_bytes;		 /**< */
	uint64_t marked_pkts;			 /**< of the dequeued, reported in marks */
	uint64_t drop_pkts[SHAPER_DROP_CAUSES];	 /**< by enum shaper_drop */
	uint64_t drop_bytes[SHAPER_DROP_CAUSES]; /**< */
	uint64_t queued_pkts;			 /**< in the queue now */
	uint64_t queued_bytes;			 /**< */
	uint64_t max_queued_pkts;		 /**< high-water mark */
	uint64_t max_queued_bytes;		 /**< */
};

/** What a class really got: the values in use after all arithmetic. */
struct shaper_class_effective {
	uint64_t rate_bps;	/**< own profile's rate, 0 without */
	uint32_t burst_bytes;	/**< own profile's burst */
	uint32_t quantum_bytes; /**< deficit round robin quantum */
	uint64_t limit_bytes;	/**< limit in bytes: the smaller of both limits; UINT64_MAX: none */
	uint64_t limit_ticks;	/**< longest wait; UINT64_MAX: none */
	uint64_t ecn_ticks;	/**< ECN threshold; UINT64_MAX: none */
};

struct shaper;

/**
 * Checks parameters without building anything. Any thread.
 *
 * @param why on error one sentence that names the value, the bound and the arithmetic; may be NULL
 * @param why_len room in why; SHAPER_WHY_LEN is enough for every sentence
 * @return 0, -ERANGE (a value out of its range), -EINVAL (values that contradict each other)
 */
int shaper_params_check(const struct shaper_params *params, char *why, size_t why_len);

/** Bytes of memory that a shaper with these checked parameters needs. Any thread. */
size_t shaper_mem_bytes(const struct shaper_params *params);

/**
 * Builds a shaper, with full token buckets and empty queues, in the caller's memory. It owns
 * nothing else: after shaper_flush_burst() has returned every packet the memory may be freed.
 *
 * @param mem shaper_mem_bytes() bytes, aligned to SHAPER_MEM_ALIGN; every page of it is written
 * @param params what shaper_params_check() accepts; not referenced afterwards
 * @param now_ticks the clock of all later calls
 * @param result the shaper; unchanged on error
 * @return 0, or the error of shaper_params_check()
 */
int shaper_init(void *mem, const struct shaper_params *params, uint64_t now_ticks,
		struct shaper **result);

/**
 * Takes packets in: each one goes to out->pkts, into a queue, or to out->drops.
 *
 * @param now_ticks never earlier than at the last call
 * @param pkts packets in order of arrival
 * @param npkts at most the room in out->drops
 * @param out results are appended
 */
void shaper_offer_burst(struct shaper *shaper, uint64_t now_ticks, const struct shaper_pkt *pkts,
			uint32_t npkts, struct shaper_out *out);

/** Frame lengths of packets that arrive together, bytes without FCS. */
struct shaper_lengths {
	uint32_t npkts;		 /**< 1 or more */
	uint32_t sum_bytes;	 /**< at most RATE_MAX_CHARGE_BYTES in the layer */
	uint32_t shortest_bytes; /**< */
	uint32_t longest_bytes;	 /**< */
};

/**
 * Lets packets of one class pass without looking at them, if shaper_offer_burst() would let all of
 * them: nothing that could leave now waits, and the tokens suffice. It charges and counts the same.
 * Classes with a profile or flows of their own are left to the offer.
 *
 * @param now_ticks never earlier than at the last call
 * @return whether they may leave now; if not, nothing has changed and they are to be offered
 */
bool shaper_pass_burst(struct shaper *shaper, uint64_t now_ticks, uint32_t class_index,
		       const struct shaper_lengths *lengths);

/**
 * Releases queued packets that are due, until none is or an array of out is full.
 *
 * @param now_ticks never earlier than at the last call
 * @param out results are appended
 * @return packets appended to out->pkts
 */
uint32_t shaper_dequeue_burst(struct shaper *shaper, uint64_t now_ticks, struct shaper_out *out);

/**
 * Tells when packets that were handed out really leave, if that is later than when they were
 * handed out: the device did not take them, or the caller lost its processor in between. The
 * aggregate is charged for them as of now less the time of one longest packet, so that what is on
 * the wire fits the burst and one packet, and ordinary lateness costs no rate.
 * Class and flow profiles stay as they were charged.
 *
 * Call it after they were sent, and again before the next offer or dequeue for those that still
 * wait. For packets that leave at once it changes nothing.
 *
 * @param now_ticks not before the offers and dequeues that handed the packets out
 * @param len_bytes of all of them together, in the shaper's layer
 */
void shaper_depart(struct shaper *shaper, uint64_t now_ticks, uint32_t len_bytes);

/**
 * When shaper_dequeue_burst() has something to do again. Never later than the next departure;
 * earlier by at most the time the wheel of flows needs a look, or when an array of the last
 * dequeue was full.
 *
 * @return a time on the caller's clock, now_ticks when something is due, UINT64_MAX when nothing
 * is queued
 */
uint64_t shaper_next_event_ticks(const struct shaper *shaper, uint64_t now_ticks);

/**
 * Takes queued packets out, due or not, into out->drops, as many as there is room for; counts them
 * as SHAPER_DROP_FLUSH. Until it returns 0 nothing else but this may be called; after that the
 * shaper is empty and can be used again.
 *
 * @return packets that are still queued
 */
uint64_t shaper_flush_burst(struct shaper *shaper, struct shaper_out *out);

/**
 * Puts new rates, bursts, limits, thresholds and weights in force; tokens and queues are kept (a
 * bucket is never fuller than its new burst). Layer, clock, classes, levels, quotas, longest frame
 * and flows must be the same as at shaper_init().
 *
 * @return 0, the error of shaper_params_check(), or -EINVAL when something else differs; on error
 * nothing is changed and why has the sentence
 */
int shaper_retune(struct shaper *shaper, const struct shaper_params *params, uint64_t now_ticks,
		  char *why, size_t why_len);

/** Packets queued now. Any thread: an 8-byte counter with one writer. */
uint64_t shaper_queued_pkts(const struct shaper *shaper);

/**
 * Reads the counters of a class. Any thread: every counter is a single aligned 64-bit word with
 * one writer, so each value is whole; the ledger balances when the owner is at rest.
 *
 * @return 0, or -ERANGE when there is no such class
 */
int shaper_class_stats_get(const struct shaper *shaper, uint32_t class_index,
			   struct shaper_class_stats *stats);

/** Packets offered with a class or flow that does not exist; they were dropped. Any thread. */
uint64_t shaper_misdirected_pkts(const struct shaper *shaper);

/**
 * Reads the values in use for a class. Owner thread, or any while nobody calls shaper_retune().
 *
 * @return 0, or -ERANGE when there is no such class
 */
int shaper_class_effective_get(const struct shaper *shaper, uint32_t class_index,
			       struct shaper_class_effective *effective);

/**
 * Smallest burst that keeps the full rate although the owner polls only every gap_ns: the longest
 * packet plus what arrives in tokens meanwhile. Any thread.
 *
 * @param longest_bytes longest packet in the profile's layer
 */
uint64_t shaper_burst_for_gap_bytes(uint64_t rate_bps, uint64_t gap_ns, uint32_t longest_bytes);

#endif
