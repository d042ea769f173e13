#include "shaper/shaper.h"

#include "shaper/state.h"
#include "shaper/sweep.h"

/* What happens to the first packet of a class that is about to be served. */
enum head_fate { HEAD_KEEP, HEAD_MARK, HEAD_LATE, HEAD_ECN };

static uint64_t class_bit(const struct shaper_class *class)
{
	return 1ULL << class->rank;
}

/* The queue that holds the next packet of a class, or NULL when none is due. */
static const struct shaper_queue *class_head(struct shaper *shaper, struct shaper_class *class,
					     uint64_t now_ticks)
{
	if ((class->has & SHAPER_HAS_FLOWS) == 0)
		return class->queue.npkts != 0 ? &class->queue : NULL;
	if (!shaper_flows_fetch(&shaper->flows, now_ticks))
		return NULL;
	return shaper_flows_head(&shaper->flows);
}

/* Finds the state of a class whose next packet may have changed. */
static void class_settle(struct shaper *shaper, struct shaper_class *class, uint64_t now_ticks)
{
	const struct shaper_queue *head = class_head(shaper, class, now_ticks);
	uint32_t len;

	shaper->waiting &= ~class_bit(class);
	if (head == NULL) {
		shaper_sched_clear(&shaper->sched, class->rank);
		return;
	}
	len = shaper_word_len_bytes(head->head_word);
	if ((class->has & SHAPER_HAS_PROFILE) != 0 &&
	    !shaper_pacer_conforms(&class->pacer, &class->profile, now_ticks, len)) {
		class->due_ticks = shaper_pacer_due_ticks(&class->pacer, &class->profile, now_ticks,
							  len);
		shaper->waiting |= class_bit(class);
		shaper_sched_clear(&shaper->sched, class->rank);
		return;
	}
	shaper_sched_set(&shaper->sched, class->rank, len);
}

void shaper_settle_all(struct shaper *shaper, uint64_t now_ticks)
{
	for (uint32_t i = 0; i < shaper->nclasses; i++)
		class_settle(shaper, &shaper->classes[i], now_ticks);
	shaper->next_event_ticks = now_ticks;
}

/* Makes ready what has become due since the last call. */
static void promote(struct shaper *shaper, uint64_t now_ticks)
{
	uint64_t busy = shaper->sched.ready | shaper->waiting;

	if (now_ticks - shaper->sweep_ticks >= shaper->sweep_every_ticks)
		shaper_sweep(shaper, now_ticks);
	for (uint64_t left = shaper->waiting; left != 0; left &= left - 1) {
		unsigned rank = (unsigned)__builtin_ctzll(left);
		struct shaper_class *class = &shaper->classes[shaper->class_of_rank[rank]];

		if ((int64_t)(now_ticks - class->due_ticks) >= 0)
			class_settle(shaper, class, now_ticks);
	}
	if (shaper->flow_class != UINT32_MAX) {
		struct shaper_class *class = &shaper->classes[shaper->flow_class];

		if ((busy & class_bit(class)) == 0)
			class_settle(shaper, class, now_ticks);
	}
}

static void drop(struct shaper_class *class, enum shaper_drop cause, void *pkt, uint32_t len_bytes,
		 struct shaper_out *out)
{
	class->stats.drop_pkts[cause]++;
	class->stats.drop_bytes[cause] += len_bytes;
	out->drops[out->ndrops++] = pkt;
}

static bool frame_len_fits(const struct shaper *shaper, uint32_t frame_len_bytes)
{
	return frame_len_bytes - SHAPER_MIN_FRAME_BYTES <=
	       shaper->max_frame_bytes - SHAPER_MIN_FRAME_BYTES;
}

/*
 * Passes packets of classes without profile or flows while nothing is ready, until one of another
 * kind comes, or one that does not conform. The backlog of the aggregate stays in a register, and
 * counters are written once per run of packets of one class.
 */
static uint32_t pass_plain(struct shaper *shaper, uint64_t now_ticks, const struct shaper_pkt *pkts,
			   uint32_t npkts, struct shaper_out *out)
{
	const struct rate rate = shaper->profile.rate;
	const uint64_t limit = shaper->profile.limit_stamp;
	const uint64_t now = rate_stamp(&rate, now_ticks);
	uint64_t backlog = shaper_pacer_start(shaper->pacer.full_stamp, now) - now;
	uint32_t room = out->max_pkts - out->npkts;
	void **to = &out->pkts[out->npkts];
	uint32_t i = 0;

	if (npkts > room)
		npkts = room;
	while (i < npkts && pkts[i].class_index < shaper->nclasses) {
		struct shaper_class *class = &shaper->classes[pkts[i].class_index];
		uint32_t index = pkts[i].class_index, first = i;
		uint64_t bytes = 0, after;

		if ((class->has & (SHAPER_HAS_PROFILE | SHAPER_HAS_FLOWS)) != 0)
			break;
		for (; i < npkts && pkts[i].class_index == index; i++) {
			uint32_t len = pkts[i].frame_len_bytes + (uint32_t)shaper->adjust_bytes;

			after = backlog + rate_cost(&rate, len);
			if (after > limit || !frame_len_fits(shaper, pkts[i].frame_len_bytes))
				break;
			backlog = after;
			bytes += len;
			to[i] = pkts[i].pkt;
		}
		class->stats.direct_pkts += i - first;
		class->stats.direct_bytes += bytes;
		if (i == first || (i < npkts && pkts[i].class_index == index))
			break;
	}
	shaper->pacer.full_stamp = now + backlog;
	out->npkts += i;
	return i;
}

/* Passes one packet of any class if it may overtake nothing and conforms to every profile. */
static bool pass_one(struct shaper *shaper, uint64_t now_ticks, const struct shaper_pkt *pkt,
		     struct shaper_out *out)
{
	struct shaper_class *class = &shaper->classes[pkt->class_index];
	uint32_t len = pkt->frame_len_bytes + (uint32_t)shaper->adjust_bytes;
	const struct shaper_profile *flow_profile = NULL;
	struct shaper_flow *flow = NULL;

	if (shaper->sched.ready != 0 || (shaper->waiting & class_bit(class)) != 0 ||
	    out->npkts == out->max_pkts)
		return false;
	if (!shaper_pacer_conforms(&shaper->pacer, &shaper->profile, now_ticks, len))
		return false;
	if ((class->has & SHAPER_HAS_PROFILE) != 0 &&
	    !shaper_pacer_conforms(&class->pacer, &class->profile, now_ticks, len))
		return false;
	if ((class->has & SHAPER_HAS_FLOWS) != 0) {
		flow = &shaper->flows.flows[pkt->flow];
		flow_profile = shaper_flows_profile(&shaper->flows, pkt->flow);
		if (flow->queue.npkts != 0 ||
		    !shaper_pacer_conforms(&flow->pacer, flow_profile, now_ticks, len))
			return false;
		shaper_pacer_charge(&flow->pacer, flow_profile, now_ticks, len);
	}
	if ((class->has & SHAPER_HAS_PROFILE) != 0)
		shaper_pacer_charge(&class->pacer, &class->profile, now_ticks, len);
	shaper_pacer_charge(&shaper->pacer, &shaper->profile, now_ticks, len);
	class->stats.direct_pkts++;
	class->stats.direct_bytes += len;
	out->pkts[out->npkts++] = pkt->pkt;
	return true;
}

/* Why a packet cannot be queued; SHAPER_DROP_CAUSES when it can. */
static enum shaper_drop queue_refusal(const struct shaper *shaper, const struct shaper_class *class,
				      const struct shaper_pkt *pkt, uint32_t len_bytes)
{
	const struct shaper_queue *queue;

	if (class->stats.queued_pkts >= class->quota_pkts)
		return SHAPER_DROP_QUOTA;
	if (class->stats.queued_bytes + len_bytes > class->limit_bytes)
		return SHAPER_DROP_LIMIT;
	if ((class->has & SHAPER_HAS_FLOWS) == 0)
		return SHAPER_DROP_CAUSES;
	queue = &shaper->flows.flows[pkt->flow].queue;
	if (queue->npkts >= shaper->flows.quota_pkts ||
	    queue->bytes + len_bytes > shaper->flows.quota_bytes)
		return SHAPER_DROP_FLOW_QUOTA;
	return SHAPER_DROP_CAUSES;
}

static void queue_count(struct shaper *shaper, struct shaper_class *class, uint32_t len_bytes)
{
	struct shaper_class_stats *stats = &class->stats;

	shaper->queued_pkts++;
	stats->enqueued_pkts++;
	stats->enqueued_bytes += len_bytes;
	stats->queued_pkts++;
	stats->queued_bytes += len_bytes;
	if (stats->queued_pkts > stats->max_queued_pkts)
		stats->max_queued_pkts = stats->queued_pkts;
	if (stats->queued_bytes > stats->max_queued_bytes)
		stats->max_queued_bytes = stats->queued_bytes;
}

static void queue_one(struct shaper *shaper, uint64_t now_ticks, const struct shaper_pkt *pkt,
		      struct shaper_out *out)
{
	struct shaper_class *class = &shaper->classes[pkt->class_index];
	uint32_t len = pkt->frame_len_bytes + (uint32_t)shaper->adjust_bytes;
	uint32_t word = len | ((pkt->flags & SHAPER_PKT_ECN) != 0 ? SHAPER_WORD_ECN : 0);
	enum shaper_drop refusal = queue_refusal(shaper, class, pkt, len);

	if (refusal != SHAPER_DROP_CAUSES) {
		drop(class, refusal, pkt->pkt, len, out);
		return;
	}
	if ((class->has & SHAPER_HAS_FLOWS) != 0)
		shaper_flows_push(&shaper->flows, &shaper->pool, pkt->flow, pkt->pkt, word,
				  now_ticks);
	else
		shaper_queue_push(&shaper->pool, &class->queue, pkt->pkt, word, now_ticks);
	queue_count(shaper, class, len);
	if (((shaper->sched.ready | shaper->waiting) & class_bit(class)) == 0)
		class_settle(shaper, class, now_ticks);
	shaper->next_event_ticks = now_ticks;
}

/* Drops a packet that the caller should not have offered; true when it did. */
static bool refuse_invalid(struct shaper *shaper, const struct shaper_pkt *pkt,
			   struct shaper_out *out)
{
	int32_t len = pkt->frame_len_bytes + shaper->adjust_bytes;

	if (pkt->class_index >= shaper->nclasses ||
	    (pkt->class_index == shaper->flow_class && pkt->flow >= shaper->flows.nflows)) {
		shaper->misdirected_pkts++;
		out->drops[out->ndrops++] = pkt->pkt;
		return true;
	}
	if (frame_len_fits(shaper, pkt->frame_len_bytes))
		return false;
	drop(&shaper->classes[pkt->class_index], SHAPER_DROP_LENGTH, pkt->pkt,
	     len > 0 ? (uint32_t)len : 0, out);
	return true;
}

void shaper_offer_burst(struct shaper *shaper, uint64_t now_ticks, const struct shaper_pkt *pkts,
			uint32_t npkts, struct shaper_out *out)
{
	uint32_t i = 0;

	promote(shaper, now_ticks);
	if (shaper->sched.ready == 0)
		i = pass_plain(shaper, now_ticks, pkts, npkts, out);
	for (; i < npkts; i++) {
		if (refuse_invalid(shaper, &pkts[i], out))
			continue;
		if (!pass_one(shaper, now_ticks, &pkts[i], out))
			queue_one(shaper, now_ticks, &pkts[i], out);
	}
}

/* What becomes of the next packet of a ready class. */
static enum head_fate head_judge(const struct shaper *shaper, const struct shaper_class *class,
				 uint64_t now_ticks)
{
	const struct shaper_queue *queue = &class->queue;
	uint64_t wait;

	if ((class->has & SHAPER_HAS_TIMES) == 0)
		return HEAD_KEEP;
	if ((class->has & SHAPER_HAS_FLOWS) != 0)
		queue = shaper_flows_head(&shaper->flows);
	wait = shaper_queue_wait_ticks(&shaper->pool, queue, now_ticks);
	if (wait > class->limit_ticks)
		return HEAD_LATE;
	if (wait <= class->ecn_ticks)
		return HEAD_KEEP;
	return (queue->head_word & SHAPER_WORD_ECN) != 0 ? HEAD_MARK : HEAD_ECN;
}

/* Takes the first packet of a class out of its queue. */
static void *head_pop(struct shaper *shaper, struct shaper_class *class, uint64_t now_ticks,
		      uint32_t len_bytes, bool sent)
{
	shaper->queued_pkts--;
	class->stats.queued_pkts--;
	class->stats.queued_bytes -= len_bytes;
	if ((class->has & SHAPER_HAS_FLOWS) != 0)
		return shaper_flows_pop(&shaper->flows, &shaper->pool, now_ticks, sent);
	return shaper_queue_pop(&shaper->pool, &class->queue);
}

static void head_drop(struct shaper *shaper, struct shaper_class *class, enum shaper_drop cause,
		      uint64_t now_ticks, struct shaper_out *out)
{
	uint32_t len = shaper->sched.head_bytes[class->rank];
	void *pkt = head_pop(shaper, class, now_ticks, len, false);

	drop(class, cause, pkt, len, out);
	class_settle(shaper, class, now_ticks);
}

static void head_send(struct shaper *shaper, struct shaper_class *class, enum head_fate fate,
		      uint64_t now_ticks, struct shaper_out *out)
{
	uint32_t len = shaper->sched.head_bytes[class->rank];
	void *pkt = head_pop(shaper, class, now_ticks, len, true);

	shaper_pacer_charge(&shaper->pacer, &shaper->profile, now_ticks, len);
	if ((class->has & SHAPER_HAS_PROFILE) != 0)
		shaper_pacer_charge(&class->pacer, &class->profile, now_ticks, len);
	shaper_sched_charge(&shaper->sched, class->rank, len);
	class->stats.dequeued_pkts++;
	class->stats.dequeued_bytes += len;
	if (fate == HEAD_MARK) {
		class->stats.marked_pkts++;
		out->marks[out->nmarks++] = pkt;
	}
	out->pkts[out->npkts++] = pkt;
	class_settle(shaper, class, now_ticks);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Ticks until there is something to do. held_ticks: until the aggregate lets the next packet go;
 * UINT64_MAX when no class is ready.
 */
static uint64_t next_event_in(const struct shaper *shaper, uint64_t held_ticks, uint64_t now_ticks)
{
	uint64_t busy = shaper->sched.ready | shaper->waiting;
	uint64_t in_ticks = held_ticks;

	for (uint64_t left = shaper->waiting; left != 0; left &= left - 1) {
		unsigned rank = (unsigned)__builtin_ctzll(left);
		uint64_t due = shaper->classes[shaper->class_of_rank[rank]].due_ticks;

		in_ticks = min_u64(in_ticks, due - now_ticks);
	}
	if (shaper->flow_class == UINT32_MAX ||
	    shaper->flows.wheel->next_slot == SHAPER_WHEEL_NEVER)
		return in_ticks;
	if ((busy & class_bit(&shaper->classes[shaper->flow_class])) == 0)
		in_ticks = min_u64(in_ticks, shaper_flows_next_ticks(&shaper->flows) - now_ticks);
	return in_ticks;
}

uint32_t shaper_dequeue_burst(struct shaper *shaper, uint64_t now_ticks, struct shaper_out *out)
{
	uint32_t before = out->npkts;
	uint64_t held_ticks = UINT64_MAX;
	bool held = false;

	promote(shaper, now_ticks);
	while (shaper->sched.ready != 0 && !held) {
		unsigned rank = shaper_sched_pick(&shaper->sched);
		struct shaper_class *class = &shaper->classes[shaper->class_of_rank[rank]];
		uint32_t len = shaper->sched.head_bytes[rank];
		enum head_fate fate;

		if (out->npkts == out->max_pkts || out->ndrops == out->max_drops) {
			held_ticks = 0;
			break;
		}
		fate = head_judge(shaper, class, now_ticks);
		if (fate == HEAD_LATE || fate == HEAD_ECN)
			head_drop(shaper, class,
				  fate == HEAD_LATE ? SHAPER_DROP_LATE : SHAPER_DROP_ECN, now_ticks,
				  out);
		else if (shaper_pacer_conforms(&shaper->pacer, &shaper->profile, now_ticks, len))
			head_send(shaper, class, fate, now_ticks, out);
		else
			held = true;
		if (held)
			held_ticks = shaper_pacer_due_ticks(&shaper->pacer, &shaper->profile,
							    now_ticks, len) -
				     now_ticks;
	}
	shaper->next_event_ticks = now_ticks + next_event_in(shaper, held_ticks, now_ticks);
	return out->npkts - before;
}

uint64_t shaper_next_event_ticks(const struct shaper *shaper, uint64_t now_ticks)
{
	uint64_t next = shaper->next_event_ticks;

	if (shaper->queued_pkts == 0)
		return UINT64_MAX;
	return (int64_t)(next - now_ticks) > 0 ? next : now_ticks;
}
