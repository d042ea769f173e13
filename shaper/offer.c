#include "shaper/state.h"

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
	bool may_pass; /* nothing that could leave now is waiting */
};

static struct run run_open(const struct offer *offer, struct shaper_class *class)
{
	const struct shaper *shaper = offer->shaper;

	return (struct run){
		.class = class,
		.own = shaper_pacer_open(&class->pacer, &class->profile, offer->now_ticks),
		.may_pass = shaper->sched.ready == 0 &&
			    (shaper->waiting & shaper_class_bit(class)) == 0,
	};
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

static void refuse_length(const struct offer *offer, const struct run *run,
			  const struct shaper_pkt *pkt)
{
	int32_t len = pkt->frame_len_bytes + offer->shaper->adjust_bytes;

	shaper_drop_pkt(run->class, SHAPER_DROP_LENGTH, pkt->pkt, len > 0 ? (uint32_t)len : 0,
			offer->out);
}

/* Whether the class has room for a packet; drops it otherwise. */
static bool admit(const struct offer *offer, const struct run *run, const struct shaper_pkt *pkt,
		  uint32_t len_bytes)
{
	struct shaper_class *class = run->class;
	enum shaper_drop cause;

	if (class->stats.queued_pkts + run->queued_pkts >= class->quota_pkts)
		cause = SHAPER_DROP_QUOTA;
	else if (class->stats.queued_bytes + run->queued_bytes + len_bytes > class->limit_bytes)
		cause = SHAPER_DROP_LIMIT;
	else
		return true;
	shaper_drop_pkt(class, cause, pkt->pkt, len_bytes, offer->out);
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

/* Passes a packet of an empty flow if it conforms to everything. */
static bool pass_flow(struct offer *offer, struct run *run, const struct shaper_pkt *pkt,
		      uint32_t len_bytes)
{
	struct shaper_flows *flows = &offer->shaper->flows;
	const struct shaper_profile *profile = shaper_flows_profile(flows, pkt->flow);
	struct shaper_flow *flow = &flows->flows[pkt->flow];
	struct shaper_out *out = offer->out;

	if (!run->may_pass || out->npkts == out->max_pkts || flow->queue.npkts != 0 ||
	    !tokens_suffice(offer, run, len_bytes) ||
	    !shaper_pacer_conforms(&flow->pacer, profile, offer->now_ticks, len_bytes))
		return false;
	shaper_pacer_charge(&flow->pacer, profile, offer->now_ticks, len_bytes);
	shaper_tokens_charge(&offer->port, len_bytes);
	shaper_tokens_charge(&run->own, len_bytes);
	run->direct_pkts++;
	run->direct_bytes += len_bytes;
	out->pkts[out->npkts++] = pkt->pkt;
	return true;
}

static void queue_flow(struct offer *offer, struct run *run, const struct shaper_pkt *pkt,
		       uint32_t len_bytes)
{
	struct shaper *shaper = offer->shaper;
	struct shaper_queue *queue = &shaper->flows.flows[pkt->flow].queue;
	uint64_t now = offer->now_ticks, due;

	if (!admit(offer, run, pkt, len_bytes))
		return;
	if (queue->npkts >= shaper->flows.quota_pkts ||
	    queue->bytes + len_bytes > shaper->flows.quota_bytes) {
		shaper_drop_pkt(run->class, SHAPER_DROP_FLOW_QUOTA, pkt->pkt, len_bytes,
				offer->out);
		return;
	}
	shaper_queue_push(&shaper->pool, queue, pkt->pkt, head_word(pkt, len_bytes), now);
	run->queued_pkts++;
	run->queued_bytes += len_bytes;
	if (queue->npkts != 1)
		return;
	due = shaper_flow_due_ticks(&shaper->flows, pkt->flow, now);
	shaper_flow_file(&shaper->flows, pkt->flow, due, now);
	if (due == now)
		run->may_pass = false;
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
		} else if (!pass_flow(offer, run, pkt, len)) {
			queue_flow(offer, run, pkt, len);
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
	run = run_open(offer, &offer->shaper->classes[index]);
	if ((run.class->has & SHAPER_HAS_FLOWS) != 0)
		offer_flows(offer, &run, first, end);
	else
		offer_plain(offer, &run, first, end);
	run_close(offer, &run);
	return end;
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
