#include "shaper/state.h"

/* What becomes of the next packet of a class. */
enum fate { FATE_SEND, FATE_MARK, FATE_LATE, FATE_ECN };

/* What serving the next packet of a class came to. The first two go on with the one behind it. */
enum step {
	STEP_SENT,
	STEP_DROPPED,
	STEP_TURN, /* the class has nothing more for now, or its turn is over */
	STEP_PORT, /* the aggregate holds the packet back */
	STEP_ROOM, /* there is no room for another packet */
};

/* One class being served: what stays in registers meanwhile. */
struct serve {
	struct shaper *shaper;
	struct shaper_class *class;
	uint64_t now_ticks;
	struct shaper_tokens port, own;
	uint64_t budget_bytes; /* what is left of its turn */
	uint64_t sent_pkts, sent_bytes;
	uint64_t gone_pkts, gone_bytes; /* dropped */
	struct shaper_out *out;
};

static bool has_room(const struct shaper_out *out)
{
	return out->npkts != out->max_pkts && out->ndrops != out->max_drops;
}

static enum fate judge(const struct serve *serve, const struct shaper_queue *queue)
{
	uint64_t wait = shaper_queue_wait_ticks(&serve->shaper->pool, queue, serve->now_ticks);

	if (wait > serve->class->limit_ticks)
		return FATE_LATE;
	if (wait <= serve->class->ecn_ticks)
		return FATE_SEND;
	return (queue->head_word & SHAPER_WORD_ECN) != 0 ? FATE_MARK : FATE_ECN;
}

static void head_drop(struct serve *serve, struct shaper_queue *queue, enum fate fate)
{
	uint32_t len = shaper_word_len_bytes(queue->head_word);
	void *pkt = shaper_queue_pop(&serve->shaper->pool, queue);

	serve->gone_pkts++;
	serve->gone_bytes += len;
	shaper_drop_pkt(serve->class, fate == FATE_LATE ? SHAPER_DROP_LATE : SHAPER_DROP_ECN, pkt,
			len, serve->out);
}

/* Inlined for 5 of 40 TSC cycles per packet (bench/shaper/bench_shaper.c): keeps serve in registers. */
__attribute__((always_inline)) static inline void
head_send(struct serve *serve, struct shaper_queue *queue, enum fate fate)
{
	struct shaper_out *out = serve->out;
	uint32_t len = shaper_word_len_bytes(queue->head_word);
	void *pkt = shaper_queue_pop(&serve->shaper->pool, queue);

	shaper_tokens_charge(&serve->port, len);
	shaper_tokens_charge(&serve->own, len);
	serve->budget_bytes -= len;
	serve->sent_pkts++;
	serve->sent_bytes += len;
	if (fate == FATE_MARK) {
		serve->class->stats.marked_pkts++;
		out->marks[out->nmarks++] = pkt;
	}
	out->pkts[out->npkts++] = pkt;
}

__attribute__((always_inline)) static inline enum step serve_head(struct serve *serve,
								  struct shaper_queue *queue)
{
	uint32_t len = shaper_word_len_bytes(queue->head_word);
	enum fate fate = FATE_SEND;

	if (!has_room(serve->out))
		return STEP_ROOM;
	if (len > serve->budget_bytes || !shaper_tokens_suffice(&serve->own, len))
		return STEP_TURN;
	if ((serve->class->has & SHAPER_HAS_TIMES) != 0)
		fate = judge(serve, queue);
	if (fate == FATE_LATE || fate == FATE_ECN) {
		head_drop(serve, queue, fate);
		return STEP_DROPPED;
	}
	if (!shaper_tokens_suffice(&serve->port, len))
		return STEP_PORT;
	head_send(serve, queue, fate);
	return STEP_SENT;
}

static enum step serve_plain(struct serve *serve)
{
	struct shaper_queue *queue = &serve->class->queue;
	enum step step = STEP_TURN;

	while (queue->npkts != 0) {
		step = serve_head(serve, queue);
		if (step != STEP_SENT && step != STEP_DROPPED)
			return step;
	}
	return STEP_TURN;
}

static enum step serve_flows(struct serve *serve)
{
	struct shaper_flows *flows = &serve->shaper->flows;

	while (shaper_flows_any_due(flows, &serve->shaper->pool, serve->now_ticks)) {
		uint32_t index = shaper_flows_served(flows);
		struct shaper_flow *flow = &flows->flows[index];
		uint32_t len = shaper_word_len_bytes(flow->queue.head_word);
		enum step step = serve_head(serve, &flow->queue);

		if (step == STEP_SENT)
			shaper_pacer_charge(&flow->pacer, shaper_flows_profile(flows, index),
					    serve->now_ticks, len);
		else if (step != STEP_DROPPED)
			return step;
		shaper_flows_advance(flows, serve->now_ticks, step == STEP_SENT ? len : 0);
	}
	return STEP_TURN;
}

static void serve_count(const struct serve *serve)
{
	struct shaper_class_stats *stats = &serve->class->stats;

	serve->shaper->queued_pkts -= serve->gone_pkts + serve->sent_pkts;
	stats->queued_pkts -= serve->gone_pkts + serve->sent_pkts;
	stats->queued_bytes -= serve->gone_bytes + serve->sent_bytes;
	stats->dequeued_pkts += serve->sent_pkts;
	stats->dequeued_bytes += serve->sent_bytes;
}

/* Serves the class whose turn it is for as long as it is. */
static enum step serve_turn(struct shaper *shaper, uint64_t now_ticks, struct shaper_tokens *port,
			    struct shaper_out *out)
{
	struct shaper_sched *sched = &shaper->sched;
	unsigned rank = shaper_sched_pick(sched);
	struct shaper_class *class = &shaper->classes[shaper->class_of_rank[rank]];
	struct serve serve = {
		.shaper = shaper,
		.class = class,
		.now_ticks = now_ticks,
		.port = *port,
		.own = shaper_pacer_open(&class->pacer, &class->profile, now_ticks),
		.budget_bytes = shaper_sched_budget_bytes(sched, rank),
		.out = out,
	};
	enum step step = (class->has & SHAPER_HAS_FLOWS) != 0 ? serve_flows(&serve)
							      : serve_plain(&serve);

	*port = serve.port;
	shaper_pacer_close(&class->pacer, &class->profile, now_ticks, &serve.own);
	shaper_sched_charge(sched, rank, serve.sent_bytes);
	serve_count(&serve);
	shaper_class_settle(shaper, class, now_ticks);
	return step;
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
	uint64_t flows_ticks;

	for (uint64_t left = shaper->waiting; left != 0; left &= left - 1) {
		unsigned rank = (unsigned)__builtin_ctzll(left);
		uint64_t due = shaper->classes[shaper->class_of_rank[rank]].due_ticks;

		in_ticks = min_u64(in_ticks, due - now_ticks);
	}
	if (shaper->flow_class == UINT32_MAX ||
	    (busy & shaper_class_bit(&shaper->classes[shaper->flow_class])) != 0)
		return in_ticks;
	flows_ticks = shaper_flows_next_ticks(&shaper->flows);
	return flows_ticks == UINT64_MAX ? in_ticks : min_u64(in_ticks, flows_ticks - now_ticks);
}

/* Ticks until the next packet of a class has waited too long, which lets the one behind it move. */
static uint64_t expires_in(const struct shaper *shaper, const struct shaper_class *class,
			   uint64_t now_ticks)
{
	const struct shaper_queue *queue = &class->queue;
	uint64_t limit = class->limit_ticks, wait;

	if ((class->has & SHAPER_HAS_TIMES) == 0)
		return UINT64_MAX;
	if ((class->has & SHAPER_HAS_FLOWS) != 0)
		queue = shaper_flows_head(&shaper->flows);
	if ((queue->head_word & SHAPER_WORD_ECN) == 0)
		limit = min_u64(limit, class->ecn_ticks);
	wait = shaper_queue_wait_ticks(&shaper->pool, queue, now_ticks);
	return limit == UINT64_MAX ? limit : limit + 1 - min_u64(wait, limit);
}

/* Ticks until the packet whose turn it is leaves or is dropped. */
static uint64_t held_ticks(struct shaper *shaper, uint64_t now_ticks)
{
	unsigned rank = shaper_sched_pick(&shaper->sched);
	uint64_t due = shaper_pacer_due_ticks(&shaper->pacer, &shaper->profile, now_ticks,
					      shaper->sched.head_bytes[rank]);

	return min_u64(
		due - now_ticks,
		expires_in(shaper, &shaper->classes[shaper->class_of_rank[rank]], now_ticks));
}

uint32_t shaper_dequeue_burst(struct shaper *shaper, uint64_t now_ticks, struct shaper_out *out)
{
	uint32_t before = out->npkts;
	uint64_t in_ticks = UINT64_MAX;
	struct shaper_tokens port;
	enum step step = STEP_TURN;

	if (shaper->queued_pkts == 0)
		return 0;
	shaper_promote(shaper, now_ticks);
	port = shaper_pacer_open(&shaper->pacer, &shaper->profile, now_ticks);
	while (shaper->sched.ready != 0 && step == STEP_TURN)
		step = has_room(out) ? serve_turn(shaper, now_ticks, &port, out) : STEP_ROOM;
	shaper_pacer_close(&shaper->pacer, &shaper->profile, now_ticks, &port);
	if (step == STEP_ROOM)
		in_ticks = 0;
	else if (step == STEP_PORT)
		in_ticks = held_ticks(shaper, now_ticks);
	shaper->next_event_ticks = now_ticks + next_event_in(shaper, in_ticks, now_ticks);
	return out->npkts - before;
}

uint64_t shaper_next_event_ticks(const struct shaper *shaper, uint64_t now_ticks)
{
	uint64_t next = shaper->next_event_ticks;

	if (shaper->queued_pkts == 0)
		return UINT64_MAX;
	return (int64_t)(next - now_ticks) > 0 ? next : now_ticks;
}
