#include "shaper/state.h"

/* What runs per packet: inlined, so that the sums of offer and run stay in registers. */
#define INLINE __attribute__((always_inline)) static inline

/* Packets whose flows are fetched at a time. */
#define FETCH_PKTS 32U

/* One offer: what stays in registers while it runs. */
struct offer {
	struct shaper *shaper;
	const struct shaper_pkt *pkts;
	uint32_t npkts;
	uint64_t now_ticks;
	struct shaper_tokens port; /* the aggregate's */
	struct shaper_out *out;
};

/* What a run of packets of one class adds to the class's counters. */
struct run {
	struct shaper_class *class;
	struct shaper_tokens own; /* the class's */
	uint64_t queued_pkts, queued_bytes;
	uint64_t direct_pkts, direct_bytes;
	uint64_t room_pkts, room_bytes; /* what the class may still queue */
	bool may_pass;			/* nothing that could leave now is waiting */
};

static void run_open(struct run *run, const struct offer *offer, struct shaper_class *class)
{
	const struct shaper *shaper = offer->shaper;
	uint64_t queued_bytes = class->stats.queued_bytes;

	run->class = class;
	run->own = shaper_pacer_open(&class->pacer, &class->profile, offer->now_ticks);
	run->queued_pkts = 0;
	run->queued_bytes = 0;
	run->direct_pkts = 0;
	run->direct_bytes = 0;
	run->room_pkts = class->quota_pkts - class->stats.queued_pkts;
	/* A limit that was lowered may be less than what is queued. */
	run->room_bytes = class->limit_bytes > queued_bytes ? class->limit_bytes - queued_bytes : 0;
	run->may_pass = shaper->sched.ready == 0 &&
			(shaper->waiting & shaper_class_bit(class)) == 0;
}

static void run_close(const struct offer *offer, const struct run *run)
{
	struct shaper_class_stats *stats = &run->class->stats;
	struct shaper *shaper = offer->shaper;

	shaper_pacer_close(&run->class->pacer, &run->class->profile, offer->now_ticks, &run->own);
	stats->direct_pkts += run->direct_pkts;
	stats->direct_bytes += run->direct_bytes;
	if (run->queued_pkts == 0)
		return;
	stats->enqueued_pkts += run->queued_pkts;
	stats->enqueued_bytes += run->queued_bytes;
	stats->queued_pkts += run->queued_pkts;
	stats->queued_bytes += run->queued_bytes;
	if (stats->queued_pkts > stats->max_queued_pkts)
		stats->max_queued_pkts = stats->queued_pkts;
	if (stats->queued_bytes > stats->max_queued_bytes)
		stats->max_queued_bytes = stats->queued_bytes;
	shaper->queued_pkts += run->queued_pkts;
	shaper->next_event_ticks = offer->now_ticks;
	if (((shaper->sched.ready | shaper->waiting) & shaper_class_bit(run->class)) == 0)
		shaper_class_settle(shaper, run->class, offer->now_ticks);
}

static uint32_t layer_bytes(const struct offer *offer, const struct shaper_pkt *pkt)
{
	return pkt->frame_len_bytes + (uint32_t)offer->shaper->adjust_bytes;
}

static bool tokens_suffice(const struct offer *offer, const struct run *run, uint32_t len_bytes)
{
	return shaper_tokens_suffice(&offer->port, len_bytes) &&
	       shaper_tokens_suffice(&run->own, len_bytes);
}

__attribute__((noinline, cold)) static void refuse(const struct offer *offer, const struct run *run,
						   enum shaper_drop cause,
						   const struct shaper_pkt *pkt, uint32_t len_bytes)
{
	shaper_drop_pkt(run->class, cause, pkt->pkt, len_bytes, offer->out);
}

static void refuse_length(const struct offer *offer, const struct run *run,
			  const struct shaper_pkt *pkt)
{
	int32_t len = pkt->frame_len_bytes + offer->shaper->adjust_bytes;

	shaper_drop_pkt(run->class, SHAPER_DROP_LENGTH, pkt->pkt, len > 0 ? (uint32_t)len : 0,
			offer->out);
}

/* Whether the class has room for a packet; drops it otherwise. */
INLINE bool admit(const struct offer *offer, const struct run *run, const struct shaper_pkt *pkt,
		  uint32_t len_bytes)
{
	enum shaper_drop cause;

	if (run->queued_pkts >= run->room_pkts)
		cause = SHAPER_DROP_QUOTA;
	else if (run->queued_bytes + len_bytes > run->room_bytes)
		cause = SHAPER_DROP_LIMIT;
	else
		return true;
	refuse(offer, run, cause, pkt, len_bytes);
	return false;
}

static uint32_t head_word(const struct shaper_pkt *pkt, uint32_t len_bytes)
{
	return len_bytes | ((pkt->flags & SHAPER_PKT_ECN) != 0 ? SHAPER_WORD_ECN : 0);
}

/* Passes packets of a class without flows until one must wait; returns the place of that one. */
static uint32_t pass_plain(struct offer *offer, struct run *run, uint32_t i, uint32_t end)
{
	struct shaper_tokens port = offer->port, own = run->own;
	struct shaper_out *out = offer->out;
	uint32_t room = out->max_pkts - out->npkts, first = i;
	void **to = &out->pkts[out->npkts];
	uint64_t bytes = 0;

	if (end - i > room)
		end = i + room;
	for (; i < end; i++) {
		uint32_t len = layer_bytes(offer, &offer->pkts[i]);

		if (!shaper_tokens_suffice(&port, len) || !shaper_tokens_suffice(&own, len) ||
		    !shaper_frame_fits(offer->shaper, offer->pkts[i].frame_len_bytes))
			break;
		shaper_tokens_charge(&port, len);
		shaper_tokens_charge(&own, len);
		bytes += len;
		to[i - first] = offer->pkts[i].pkt;
	}
	offer->port = port;
	run->own = own;
	run->direct_pkts += i - first;
	run->direct_bytes += bytes;
	out->npkts += i - first;
	return i;
}

static void offer_plain(struct offer *offer, struct run *run, uint32_t i, uint32_t end)
{
	struct shaper *shaper = offer->shaper;

	while (i < end) {
		const struct shaper_pkt *pkt;
		uint32_t len;

		if (run->may_pass) {
			i = pass_plain(offer, run, i, end);
			if (i == end)
				return;
		}
		pkt = &offer->pkts[i++];
		len = layer_bytes(offer, pkt);
		if (!shaper_frame_fits(shaper, pkt->frame_len_bytes)) {
			refuse_length(offer, run, pkt);
			continue;
		}
		if (!admit(offer, run, pkt, len))
			continue;
		shaper_queue_push(&shaper->pool, &run->class->queue, pkt->pkt, head_word(pkt, len),
				  offer->now_ticks);
		run->queued_pkts++;
		run->queued_bytes += len;
		run->may_pass = false;
	}
}

/* Whether the flow has room for a packet as well; drops it otherwise. */
INLINE bool admit_flow(const struct offer *offer, const struct run *run,
		       const struct shaper_queue *queue, const struct shaper_pkt *pkt,
		       uint32_t len_bytes)
{
	const struct shaper_flows *flows = &offer->shaper->flows;

	if (!admit(offer, run, pkt, len_bytes))
		return false;
	if (queue->npkts < flows->quota_pkts && queue->bytes + len_bytes <= flows->quota_bytes)
		return true;
	refuse(offer, run, SHAPER_DROP_FLOW_QUOTA, pkt, len_bytes);
	return false;
}

/* A packet of a flow that is empty: it passes if it conforms to everything, and waits otherwise. */
__attribute__((always_inline)) static inline void
offer_first(struct offer *offer, struct run *run, const struct shaper_pkt *pkt, uint32_t len_bytes)
{
	struct shaper *shaper = offer->shaper;
	struct shaper_flows *flows = &shaper->flows;
	const struct shaper_profile *profile = shaper_flows_profile(flows, pkt->flow);
	struct shaper_flow *flow = &flows->flows[pkt->flow];
	uint64_t now = offer->now_ticks;
	uint64_t due = shaper_pacer_due_ticks(&flow->pacer, profile, now, len_bytes);

	if (due == now && run->may_pass && tokens_suffice(offer, run, len_bytes) &&
	    offer->out->npkts != offer->out->max_pkts) {
		shaper_pacer_charge(&flow->pacer, profile, now, len_bytes);
		shaper_tokens_charge(&offer->port, len_bytes);
		shaper_tokens_charge(&run->own, len_bytes);
		run->direct_pkts++;
		run->direct_bytes += len_bytes;
		offer->out->pkts[offer->out->npkts++] = pkt->pkt;
		return;
	}
	if (!admit_flow(offer, run, &flow->queue, pkt, len_bytes))
		return;
	shaper_queue_push(&shaper->pool, &flow->queue, pkt->pkt, head_word(pkt, len_bytes), now);
	shaper_flow_file(flows, pkt->flow, due, now);
	run->queued_pkts++;
	run->queued_bytes += len_bytes;
	if (due == now)
		run->may_pass = false;
}

/* A packet of a flow that has others waiting. */
__attribute__((always_inline)) static inline void
offer_behind(struct offer *offer, struct run *run, const struct shaper_pkt *pkt, uint32_t len_bytes)
{
	struct shaper *shaper = offer->shaper;
	struct shaper_queue *queue = &shaper->flows.flows[pkt->flow].queue;

	if (!admit_flow(offer, run, queue, pkt, len_bytes))
		return;
	shaper_queue_push(&shaper->pool, queue, pkt->pkt, head_word(pkt, len_bytes),
			  offer->now_ticks);
	run->queued_pkts++;
	run->queued_bytes += len_bytes;
}

/* Fetches the flows of some packets into the cache, then the ends of their queues. */
static void fetch_flows(const struct offer *offer, uint32_t first, uint32_t end)
{
	const struct shaper_flows *flows = &offer->shaper->flows;

	for (uint32_t i = first; i < end; i++) {
		if (offer->pkts[i].flow < flows->nflows)
			__builtin_prefetch(&flows->flows[offer->pkts[i].flow], 1);
	}
	for (uint32_t i = first; i < end; i++) {
		if (offer->pkts[i].flow < flows->nflows)
			__builtin_prefetch(
				&offer->shaper->pool
					 .entries[flows->flows[offer->pkts[i].flow].queue.tail],
				1);
	}
}

static void offer_flows(struct offer *offer, struct run *run, uint32_t first, uint32_t end)
{
	struct shaper *shaper = offer->shaper;

	for (uint32_t i = first; i < end; i++) {
		const struct shaper_pkt *pkt = &offer->pkts[i];
		uint32_t len = layer_bytes(offer, pkt);

		if ((i - first) % FETCH_PKTS == 0)
			fetch_flows(offer, i, end - i > FETCH_PKTS ? i + FETCH_PKTS : end);
		if (pkt->flow >= shaper->flows.nflows) {
			shaper->misdirected_pkts++;
			offer->out->drops[offer->out->ndrops++] = pkt->pkt;
		} else if (!shaper_frame_fits(shaper, pkt->frame_len_bytes)) {
			refuse_length(offer, run, pkt);
		} else if (shaper->flows.flows[pkt->flow].queue.npkts == 0) {
			offer_first(offer, run, pkt, len);
		} else {
			offer_behind(offer, run, pkt, len);
		}
	}
}

/*
 * The usual case by itself: nothing is ready, and packets of classes without profile or flows pass
 * until one does not. The aggregate's tokens stay in a register and counters are written once per
 * run of packets of one class. Returns the place of the first packet that is left.
 */
static uint32_t pass_free(struct offer *offer)
{
	struct shaper *shaper = offer->shaper;
	const struct shaper_pkt *pkts = offer->pkts;
	struct shaper_tokens port = offer->port;
	struct shaper_out *out = offer->out;
	void **to = &out->pkts[out->npkts];
	uint32_t room = out->max_pkts - out->npkts;
	uint32_t end = offer->npkts < room ? offer->npkts : room, i = 0;

	while (i < end && pkts[i].class_index < shaper->nclasses) {
		struct shaper_class *class = &shaper->classes[pkts[i].class_index];
		uint32_t index = pkts[i].class_index, first = i;
		uint64_t bytes = 0;

		if ((class->has & (SHAPER_HAS_PROFILE | SHAPER_HAS_FLOWS)) != 0)
			break;
		for (; i < end && pkts[i].class_index == index; i++) {
			uint32_t len = layer_bytes(offer, &pkts[i]);

			if (!shaper_tokens_suffice(&port, len) ||
			    !shaper_frame_fits(shaper, pkts[i].frame_len_bytes))
				break;
			shaper_tokens_charge(&port, len);
			bytes += len;
			to[i] = pkts[i].pkt;
		}
		class->stats.direct_pkts += i - first;
		class->stats.direct_bytes += bytes;
		if (i < end && pkts[i].class_index == index)
			break;
	}
	offer->port = port;
	out->npkts += i;
	return i;
}

/* Offers the packets of one class that follow each other; returns the end of that run. */
static uint32_t offer_run(struct offer *offer, uint32_t first)
{
	uint32_t index = offer->pkts[first].class_index, end = first + 1;
	struct run run;

	while (end < offer->npkts && offer->pkts[end].class_index == index)
		end++;
	run_open(&run, offer, &offer->shaper->classes[index]);
	if ((run.class->has & SHAPER_HAS_FLOWS) != 0)
		offer_flows(offer, &run, first, end);
	else
		offer_plain(offer, &run, first, end);
	run_close(offer, &run);
	return end;
}

bool shaper_pass_burst(struct shaper *shaper, uint64_t now_ticks, uint32_t class_index,
		       const struct shaper_lengths *lengths)
{
	struct shaper_class *class = &shaper->classes[class_index];
	uint32_t bytes = lengths->sum_bytes + lengths->npkts * (uint32_t)shaper->adjust_bytes;
	struct shaper_tokens port;

	if (class_index >= shaper->nclasses ||
	    (class->has & (SHAPER_HAS_PROFILE | SHAPER_HAS_FLOWS)) != 0 ||
	    !shaper_frame_fits(shaper, lengths->shortest_bytes) ||
	    !shaper_frame_fits(shaper, lengths->longest_bytes))
		return false;
	shaper_promote(shaper, now_ticks);
	port = shaper_pacer_open(&shaper->pacer, &shaper->profile, now_ticks);
	if (shaper->sched.ready != 0 || !shaper_tokens_suffice(&port, bytes))
		return false;
	shaper_tokens_charge(&port, bytes);
	shaper_pacer_close(&shaper->pacer, &shaper->profile, now_ticks, &port);
	class->stats.direct_pkts += lengths->npkts;
	class->stats.direct_bytes += bytes;
	return true;
}

void shaper_offer_burst(struct shaper *shaper, uint64_t now_ticks, const struct shaper_pkt *pkts,
			uint32_t npkts, struct shaper_out *out)
{
	struct offer offer = {
		.shaper = shaper, .pkts = pkts, .npkts = npkts, .now_ticks = now_ticks, .out = out
	};
	uint32_t i = 0;

	shaper_promote(shaper, now_ticks);
	offer.port = shaper_pacer_open(&shaper->pacer, &shaper->profile, now_ticks);
	if (shaper->sched.ready == 0)
		i = pass_free(&offer);
	while (i < npkts) {
		if (pkts[i].class_index < shaper->nclasses) {
			i = offer_run(&offer, i);
		} else {
			shaper->misdirected_pkts++;
			out->drops[out->ndrops++] = pkts[i++].pkt;
		}
	}
	shaper_pacer_close(&shaper->pacer, &shaper->profile, now_ticks, &offer.port);
}
