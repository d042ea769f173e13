#include "control/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#define TIMERS_MAX 8

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

struct timer {
	struct event *event;
	ctl_loop_fn fn;
	void *arg;
};

struct ctl_loop {
	struct event_base *base;
	struct event *signal_events[N_SIGNALS];
	struct timer timers[TIMERS_MAX];
	unsigned n_timers;
	bool stopped;
	ctl_loop_fn on_hup;
	void *arg;
};

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct ctl_loop *loop = arg;

	(void)what;
	if (number != SIGHUP)
		ctl_loop_stop(loop);
	else if (loop->on_hup != NULL)
		loop->on_hup(loop->arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	const struct timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fn(timer->arg);
}

static bool signals_add(struct ctl_loop *loop)
{
	for (unsigned i = 0; i < N_SIGNALS; i++) {
		loop->signal_events[i] = evsignal_new(loop->base, signals[i], on_signal, loop);
		if (loop->signal_events[i] == NULL || event_add(loop->signal_events[i], NULL) != 0)
			return false;
	}
	return signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

struct ctl_loop *ctl_loop_create(ctl_loop_fn on_hup, void *arg)
{
	struct ctl_loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->on_hup = on_hup;
	loop->arg = arg;
	loop->base = event_base_new();
	if (loop->base != NULL && signals_add(loop))
		return loop;
	ctl_loop_destroy(loop);
	return NULL;
}

void ctl_loop_destroy(struct ctl_loop *loop)
{
	if (loop == NULL)
		return;
	for (unsigned i = 0; i < loop->n_timers; i++)
		event_free(loop->timers[i].event);
	for (unsigned i = 0; i < N_SIGNALS; i++)
		if (loop->signal_events[i] != NULL)
			event_free(loop->signal_events[i]);
	if (loop->base != NULL) {
		/* libevent frees a connection in the turn after it was closed */
		(void)event_base_loop(loop->base, EVLOOP_NONBLOCK);
		event_base_free(loop->base);
	}
	(void)signal(SIGPIPE, SIG_DFL);
	free(loop);
}

struct event_base *ctl_loop_base(struct ctl_loop *loop)
{
	return loop->base;
}

int ctl_loop_timer_add(struct ctl_loop *loop, unsigned period_ms, ctl_loop_fn fn, void *arg)
{
	struct timeval period = { .tv_sec = period_ms / 1000,
				  .tv_usec = (suseconds_t)(period_ms % 1000) * 1000 };
	struct timer *timer;

	if (loop->n_timers == TIMERS_MAX)
		return -ENOMEM;
	timer = &loop->timers[loop->n_timers];
	*timer = (struct timer){ .fn = fn, .arg = arg };
	timer->event = event_new(loop->base, -1, EV_PERSIST, on_timer, timer);
	if (timer->event == NULL)
		return -ENOMEM;
	if (event_add(timer->event, &period) != 0) {
		event_free(timer->event);
		return -ENOMEM;
	}
	loop->n_timers++;
	return 0;
}

int ctl_loop_run(struct ctl_loop *loop)
{
	while (!loop->stopped)
		if (event_base_loop(loop->base, EVLOOP_ONCE) < 0)
			return -EIO;
	return 0;
}

void ctl_loop_stop(struct ctl_loop *loop)
{
	loop->stopped = true;
}
