#ifndef CONTROL_PLAN_QUEUE_H
#define CONTROL_PLAN_QUEUE_H

/**
 * @file
 * How long packets wait in the queues of a shaped port.
 *
 * One queue in front of a shaper (Sigma, P) is served by the curve Sigma + P * t, so what conforms to
 * it never waits there longer than it would have been on its way anyway: re-shaping is for free (Le
 * Boudec & Thiran, 1.5). More than one queue share what the port has:
 *
 * - strict priority: to a class is left P * t less what the levels above it may bring, less one
 *   longest packet that had begun to leave (residual service, theorem 6.2.1);
 * - weights: of what is left to its level a class gets its part, later by the quanta of one round
 *   (deficit round robin, Stiliadis & Varma: (3 * frame - 2 * quantum) / rate);
 * - all of them: no packet waits longer than the port is ever busy, and no queue ever holds more
 *   than the whole port may have to keep.
 *
 * The smallest of those that hold is the bound. Bytes are those of the shaper's layer. Pure
 * arithmetic, any thread.
 */

#include <stdbool.h>

/** A curve: burst + rate * t. */
struct ctl_curve {
	bool bounded;
	double burst_bytes, rate_bytes_s;
};

/** One queue of a port. */
struct ctl_queue {
	unsigned level; /**< the smallest is served first */
	double quantum_bytes;
	struct ctl_curve in;	/**< when it reaches the shaper */
	struct ctl_curve shape; /**< its own profile; not bounded without one */
};

/** A shaped port. */
struct ctl_queues {
	struct ctl_curve shape;
	struct ctl_curve in; /**< of all queues together, when it reaches the shaper */
	double longest_bytes;
	const struct ctl_queue *queues;
	unsigned n;
};

/** Time until a curve's burst has left by another; HUGE_VAL when it never does. */
double ctl_curve_delay_ns(const struct ctl_curve *in, const struct ctl_curve *out);

/** Longest wait in queue number index; HUGE_VAL when there is no bound. */
double ctl_queue_delay_ns(const struct ctl_queues *port, unsigned index);

/** Bytes that wait at most in all queues of a port; HUGE_VAL when there is no bound. */
double ctl_queues_backlog_bytes(const struct ctl_queues *port);

#endif
