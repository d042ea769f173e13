#ifndef PERF_OPTIONS_H
#define PERF_OPTIONS_H

/**
 * @file
 * The command line.
 */

#include "bench/perf/meter.h"
#include "bench/perf/stream.h"

/** What the program does. */
enum perf_mode {
	PERF_MODE_SEND,
	PERF_MODE_RECV,
	PERF_MODE_LOOP,	  /**< send on one port, receive on another: one clock, a router between */
	PERF_MODE_BIDIR,  /**< loop in both directions at once */
	PERF_MODE_CLIENT, /**< send and receive on one port: round trips */
	PERF_MODE_SERVER, /**< return every packet */
};

/** What a search looks for. */
enum perf_search {
	PERF_SEARCH_NONE,
	PERF_SEARCH_THROUGHPUT, /**< RFC 2544 section 26.1 */
	PERF_SEARCH_NDR,	/**< RFC 9971 MLRsearch, goal loss 0 */
	PERF_SEARCH_PDR,	/**< RFC 9971 MLRsearch, goal loss 0.5 % */
	PERF_SEARCH_MLR,	/**< both goals in one search */
	PERF_SEARCH_B2B,	/**< RFC 9004 */
};

/** Everything that can be asked for; defaults in parentheses. Pointers point into argv. */
struct perf_options {
	enum perf_mode mode;
	const char *tx, *rx;
	const char *tx_netns, *rx_netns; /**< (NULL: this namespace) */
	uint32_t streams;
	struct perf_stream stream[PERF_MAX_STREAMS];
	uint32_t profiles;
	struct perf_profile profile[8];
	uint64_t warmup_ns;	  /**< (0) */
	uint64_t duration_ns;	  /**< (10 s; 0 when every stream has a count) */
	uint64_t drain_ns;	  /**< (500 ms) */
	uint64_t wait_ns;	  /**< for links and ARP (10 s) */
	uint64_t idle_ns;	  /**< (0) */
	uint64_t bin_ns;	  /**< (1 s) */
	uint64_t line_bps;	  /**< (0: what the port says) */
	uint64_t expect_pkts;	  /**< (0) */
	uint64_t capture_pkts;	  /**< (0; 1M with --pcap or --csv) */
	uint32_t tx_burst_pkts;	  /**< (32) */
	uint32_t max_frame_bytes; /**< (largest of the streams, at least 1518) */
	int tx_core, rx_core;	  /**< (-1: any); an rx core makes a second thread */
	bool patient;		  /**< (false) */
	bool verify;		  /**< (false) */
	bool verbose;
	enum perf_search search;
	uint64_t search_max_pps; /**< (0: the line) */
	uint32_t search_trials;	 /**< back-to-back: repetitions (50) */
	uint64_t trial_ns;	 /**< MLRsearch: length of a trial (1 s) */
	const char *json, *csv, *hlog, *pcap;
	int argc; /**< the whole command line */
	char **argv;
};

/**
 * Reads the command line.
 *
 * @return 0; 1 when help or the version was printed and nothing is to be done; or -EINVAL
 */
int perf_options_parse(struct perf_options *options, int argc, char **argv,
		       struct perf_error *error);

/**
 * Checks what was read as a whole and completes it; the last step of perf_options_parse().
 *
 * @param duration_given false: the default may give way to counts
 * @return 0, -EINVAL or -ERANGE
 */
int perf_options_check(struct perf_options *options, bool duration_given, struct perf_error *error);

/** Prints the help. */
void perf_options_help(void);

#endif
