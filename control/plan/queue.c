#include "control/plan/queue.h"

#include <math.h>

#define NS_PER_S 1e9

/* Time for so many bytes at a rate; none are there at once. */
static double time_ns(double bytes, double rate_bytes_s)
{
	if (bytes <= 0)
		return 0;
	return rate_bytes_s > 0 ? bytes / rate_bytes_s * NS_PER_S : HUGE_VAL;
}

double ctl_curve_delay_ns(const struct ctl_curve *in, const struct ctl_curve *out)
{
	if (!out->bounded)
		return 0;
	if (!in->bounded || in->rate_bytes_s > out->rate_bytes_s)
		return HUGE_VAL;
	return time_ns(in->burst_bytes - out->burst_bytes, out->rate_bytes_s);
}

double ctl_queues_backlog_bytes(const struct ctl_queues *port)
{
	if (!port->in.bounded || port->in.rate_bytes_s > port->shape.rate_bytes_s)
		return HUGE_VAL;
	return fmax(port->in.burst_bytes - port->shape.burst_bytes, 0);
}

/* How long the port is busy without a pause at most: longer waits nobody. */
static double busy_ns(const struct ctl_queues *port)
{
	double backlog = ctl_queues_backlog_bytes(port);

	if (isinf(backlog))
		return HUGE_VAL;
	return time_ns(backlog, port->shape.rate_bytes_s - port->in.rate_bytes_s);
}

/* What a queue can send into the scheduler: no more than its own profile lets go. */
static struct ctl_curve sent(const struct ctl_queue *queue)
{
	if (!queue->shape.bounded)
		return queue->in;
	if (!queue->in.bounded || queue->in.rate_bytes_s > queue->shape.rate_bytes_s)
		return queue->shape;
	return queue->in.burst_bytes <= queue->shape.burst_bytes ? queue->in : queue->shape;
}

static void curve_add(struct ctl_curve *sum, const struct ctl_curve *more)
{
	sum->bounded = sum->bounded && more->bounded;
	sum->burst_bytes += more->burst_bytes;
	sum->rate_bytes_s += more->rate_bytes_s;
}

/* What the levels above a queue send, or (same) the other queues of its own level. */
static struct ctl_curve competition(const struct ctl_queues *port, unsigned index, bool same)
{
	struct ctl_curve sum = { .bounded = true };

	for (unsigned i = 0; i < port->n; i++) {
		struct ctl_curve curve = sent(&port->queues[i]);
		unsigned level = port->queues[i].level, own = port->queues[index].level;

		if (same ? i != index && level == own : level < own)
			curve_add(&sum, &curve);
	}
	return sum;
}

/* What of a queue may be ahead of one of its packets: its burst, or all that ever waits here. */
static double ahead_bytes(const struct ctl_queues *port, const struct ctl_curve *own,
			  double rate_bytes_s)
{
	double burst_bytes = own->bounded && own->rate_bytes_s <= rate_bytes_s ? own->burst_bytes
									       : HUGE_VAL;

	return fmin(burst_bytes, ctl_queues_backlog_bytes(port));
}

/* Every other packet of the level goes first. */
static double priority_ns(const struct ctl_queues *port, const struct ctl_curve *own,
			  const struct ctl_curve *above, const struct ctl_curve *beside)
{
	double rate = port->shape.rate_bytes_s - above->rate_bytes_s - beside->rate_bytes_s;
	double ahead = ahead_bytes(port, own, rate);

	if (!above->bounded || !beside->bounded || isinf(ahead))
		return HUGE_VAL;
	return time_ns(port->longest_bytes + above->burst_bytes + beside->burst_bytes + ahead,
		       rate);
}

/* By weight. */
static double round_ns(const struct ctl_queues *port, unsigned index, const struct ctl_curve *own,
		       const struct ctl_curve *above)
{
	const struct ctl_queue *queue = &port->queues[index];
	double rate = port->shape.rate_bytes_s - above->rate_bytes_s, frame = 0, part, ahead;

	for (unsigned i = 0; i < port->n; i++)
		if (port->queues[i].level == queue->level)
			frame += port->queues[i].quantum_bytes;
	part = rate * queue->quantum_bytes / frame;
	ahead = ahead_bytes(port, own, part);
	if (!above->bounded || isinf(ahead))
		return HUGE_VAL;
	return time_ns(port->longest_bytes + above->burst_bytes + 3 * frame -
			       2 * queue->quantum_bytes,
		       rate) +
	       time_ns(ahead, part);
}

double ctl_queue_delay_ns(const struct ctl_queues *port, unsigned index)
{
	const struct ctl_queue *queue = &port->queues[index];
	struct ctl_curve own = sent(queue);
	struct ctl_curve above = competition(port, index, false);
	struct ctl_curve beside = competition(port, index, true);
	double least = busy_ns(port);

	if (port->n == 1)
		return fmax(ctl_curve_delay_ns(&queue->in, &port->shape),
			    ctl_curve_delay_ns(&queue->in, &queue->shape));
	least = fmin(least, priority_ns(port, &own, &above, &beside));
	least = fmin(least, round_ns(port, index, &own, &above));
	/* its own profile comes first, and all of the wait for it with the burst that it keeps */
	return least + ctl_curve_delay_ns(&queue->in, &queue->shape);
}
