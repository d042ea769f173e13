#ifndef CONTROL_LOOP_H
#define CONTROL_LOOP_H

/**
 * @file
 * The event loop of the control thread: signals, timers and whatever else others add to its
 * base. Everything here is called from the control thread.
 */

struct ctl_loop;
struct event_base;

/** A timer's function. */
typedef void (*ctl_loop_fn)(void *arg);

/**
 * Creates the loop and takes SIGINT and SIGTERM (both end ctl_loop_run(), also when they come
 * before it), SIGHUP (calls on_hup) and SIGPIPE (ignored).
 *
 * @return NULL without memory or file descriptors
 */
struct ctl_loop *ctl_loop_create(ctl_loop_fn on_hup, void *arg);

/** Frees the loop with its timers and gives the signals their default back. */
void ctl_loop_destroy(struct ctl_loop *loop);

/** The base, for sockets of others. */
struct event_base *ctl_loop_base(struct ctl_loop *loop);

/** Calls fn every period_ms until the loop is destroyed. @return 0 or -ENOMEM */
int ctl_loop_timer_add(struct ctl_loop *loop, unsigned period_ms, ctl_loop_fn fn, void *arg);

/** Serves events until SIGINT, SIGTERM or ctl_loop_stop(). @return 0 or -EIO */
int ctl_loop_run(struct ctl_loop *loop);

/** Ends ctl_loop_run() after the current event. */
void ctl_loop_stop(struct ctl_loop *loop);

#endif
