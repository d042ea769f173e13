#include "bench/perf/options.h"

#include "bench/perf/quantity.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What is being read. */
struct scan {
	struct perf_options *options;
	struct perf_stream defaults;
	struct perf_error *error;
	bool duration_given;
};

/* How an option's value gets into the field of perf_options at offset. */
enum form {
	FORM_TEXT,   /* const char *, as it is */
	FORM_TIME,   /* uint64_t, ns, at least min */
	FORM_BPS,    /* uint64_t */
	FORM_COUNT,  /* uint64_t, min to max */
	FORM_NUMBER, /* uint32_t or int, min to max */
	FORM_FLAG,   /* bool; takes no value */
	FORM_OTHER,  /* set() */
};

struct option {
	const char *name;
	enum form form;
	size_t offset;
	uint64_t min, max;
	const char *expects; /* NULL: set() says it itself */
	int (*set)(struct scan *scan, const char *value);
};

static int set_port(struct scan *scan, const char *value)
{
	scan->options->tx = value;
	scan->options->rx = value;
	return 0;
}

static int set_netns(struct scan *scan, const char *value)
{
	scan->options->tx_netns = value;
	scan->options->rx_netns = value;
	return 0;
}

static int set_stream(struct scan *scan, const char *value)
{
	struct perf_options *options = scan->options;
	struct perf_stream *stream = &options->stream[options->streams];
	int err;

	if (options->streams == PERF_MAX_STREAMS)
		return perf_error_set(scan->error, -ERANGE, "--stream: there can be %d at most",
				      PERF_MAX_STREAMS);
	*stream = scan->defaults;
	(void)snprintf(stream->name, sizeof(stream->name), "s%u", options->streams);
	err = perf_stream_parse(stream, value, scan->error);
	options->streams += !err;
	return err;
}

static int set_profile(struct scan *scan, const char *value)
{
	struct perf_options *options = scan->options;
	const uint32_t most = sizeof(options->profile) / sizeof(options->profile[0]);
	int err;

	if (options->profiles == most)
		return perf_error_set(scan->error, -ERANGE, "--profile: there can be %u at most",
				      most);
	err = perf_profile_parse(&options->profile[options->profiles], value, scan->error);
	options->profiles += !err;
	return err;
}

static int set_duration(struct scan *scan, const char *value)
{
	scan->duration_given = true;
	return perf_quantity_ns(value, &scan->options->duration_ns);
}

static int set_on_full(struct scan *scan, const char *value)
{
	if (strcmp(value, "drop") != 0 && strcmp(value, "wait") != 0)
		return -EINVAL;
	scan->options->patient = strcmp(value, "wait") == 0;
	return 0;
}

static int set_search(struct scan *scan, const char *value)
{
	static const char *const names[] = { "", "throughput", "ndr", "pdr", "mlr", "b2b" };
	size_t i;

	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			scan->options->search = (enum perf_search)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_search_max(struct scan *scan, const char *value)
{
	struct perf_load load = { 0 };
	int err = perf_quantity_load(value, &load);

	if (!err && load.kind != PERF_LOAD_PPS)
		return -EINVAL;
	scan->options->search_max_pps = load.value;
	return err;
}

#define A_TIME "a time (ns, us, ms, s, m)"
#define A_CORE "the number of a processor"
#define AT(field) offsetof(struct perf_options, field)

static const struct option known[] = {
	{ "--tx", FORM_TEXT, AT(tx), 0, 0, "a port", NULL },
	{ "--rx", FORM_TEXT, AT(rx), 0, 0, "a port", NULL },
	{ "--port", FORM_OTHER, 0, 0, 0, "a port", set_port },
	{ "--netns", FORM_OTHER, 0, 0, 0, "a namespace", set_netns },
	{ "--tx-netns", FORM_TEXT, AT(tx_netns), 0, 0, "a namespace", NULL },
	{ "--rx-netns", FORM_TEXT, AT(rx_netns), 0, 0, "a namespace", NULL },
	{ "--stream", FORM_OTHER, 0, 0, 0, NULL, set_stream },
	{ "--profile", FORM_OTHER, 0, 0, 0, NULL, set_profile },
	{ "--duration", FORM_OTHER, 0, 0, 0, A_TIME, set_duration },
	{ "--warmup", FORM_TIME, AT(warmup_ns), 0, 0, A_TIME, NULL },
	{ "--drain", FORM_TIME, AT(drain_ns), 0, 0, A_TIME, NULL },
	{ "--wait", FORM_TIME, AT(wait_ns), 0, 0, A_TIME, NULL },
	{ "--idle", FORM_TIME, AT(idle_ns), 0, 0, A_TIME, NULL },
	{ "--bin", FORM_TIME, AT(bin_ns), 1000000, 0, "a time of 1 ms or more", NULL },
	{ "--line", FORM_BPS, AT(line_bps), 0, 0, "bit/s (k, M, G)", NULL },
	{ "--expect", FORM_COUNT, AT(expect_pkts), 1, UINT64_MAX, "a number of packets", NULL },
	{ "--capture", FORM_COUNT, AT(capture_pkts), 1, 1000000000, "1 to 1G packets", NULL },
	{ "--tx-burst", FORM_NUMBER, AT(tx_burst_pkts), 1, 64, "1 to 64 packets", NULL },
	{ "--max-frame", FORM_NUMBER, AT(max_frame_bytes), PERF_MIN_FRAME_BYTES,
	  PERF_MAX_FRAME_BYTES, "64 to 9018 bytes", NULL },
	{ "--trial", FORM_TIME, AT(trial_ns), 1000000, 0, "a time of 1 ms or more", NULL },
	{ "--trials", FORM_NUMBER, AT(search_trials), 1, 1000, "1 to 1000", NULL },
	{ "--core", FORM_NUMBER, AT(tx_core), 0, 1023, A_CORE, NULL },
	{ "--rx-core", FORM_NUMBER, AT(rx_core), 0, 1023, A_CORE, NULL },
	{ "--on-full", FORM_OTHER, 0, 0, 0, "drop or wait", set_on_full },
	{ "--search", FORM_OTHER, 0, 0, 0, "throughput, ndr, pdr, mlr or b2b", set_search },
	{ "--search-max", FORM_OTHER, 0, 0, 0, "packets/s with pps, kpps or Mpps", set_search_max },
	{ "--json", FORM_TEXT, AT(json), 0, 0, "a file", NULL },
	{ "--csv", FORM_TEXT, AT(csv), 0, 0, "a directory", NULL },
	{ "--hlog", FORM_TEXT, AT(hlog), 0, 0, "a file", NULL },
	{ "--pcap", FORM_TEXT, AT(pcap), 0, 0, "a file", NULL },
	{ "--verify", FORM_FLAG, AT(verify), 0, 0, NULL, NULL },
	{ "-v", FORM_FLAG, AT(verbose), 0, 0, NULL, NULL },
};

static int store_number(void *field, enum form form, uint64_t number)
{
	uint32_t narrow = (uint32_t)number;

	if (form == FORM_NUMBER)
		memcpy(field, &narrow, sizeof(narrow));
	else
		memcpy(field, &number, sizeof(number));
	return 0;
}

static int store(struct scan *scan, const struct option *option, const char *value)
{
	void *field = (uint8_t *)scan->options + option->offset;
	uint64_t number = 0;
	int err;

	switch (option->form) {
	case FORM_TEXT:
		memcpy(field, &value, sizeof(value));
		return *value ? 0 : -EINVAL;
	case FORM_FLAG:
		*(bool *)field = true;
		return 0;
	case FORM_OTHER:
		return option->set(scan, value);
	case FORM_TIME:
		err = perf_quantity_ns(value, &number);
		break;
	case FORM_BPS:
		err = perf_quantity_bps(value, &number);
		break;
	default:
		err = perf_quantity_count(value, &number);
		break;
	}
	if (!err && (number < option->min || (option->max && number > option->max)))
		err = -ERANGE;
	return err ? err : store_number(field, option->form, number);
}

static int set_option(struct scan *scan, const struct option *option, const char *value)
{
	int err = store(scan, option, value);

	if (err && option->expects)
		return perf_error_set(scan->error, err, "%s %s: expected %s", option->name, value,
				      option->expects);
	return err;
}

/* An option that is no option of the run may be a property of the streams behind it. */
static int set_default(struct scan *scan, const char *name, const char *value)
{
	int err = -ENOENT;

	if (strncmp(name, "--", 2) == 0)
		err = perf_stream_set(&scan->defaults, name + 2, value ? value : "", scan->error);
	if (err == -ENOENT)
		return perf_error_set(scan->error, -EINVAL,
				      "unknown option %s: 'sluice-perf --help' lists them", name);
	return err;
}

static int scan_arguments(struct scan *scan, int argc, char **argv)
{
	int i, err = 0;

	for (i = 0; i < argc && !err; i++) {
		const struct option *option = known;
		const struct option *end = known + sizeof(known) / sizeof(known[0]);
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		while (option < end && strcmp(option->name, argv[i]) != 0)
			option++;
		if (option < end && option->form == FORM_FLAG) {
			err = set_option(scan, option, NULL);
			continue;
		}
		if (!value)
			return perf_error_set(scan->error, -EINVAL,
					      "%s: expected a value behind it, or a known option",
					      argv[i]);
		err = option < end ? set_option(scan, option, value)
				   : set_default(scan, argv[i], value);
		i++;
	}
	return err;
}

static int parse_mode(struct perf_options *options, const char *text, struct perf_error *error)
{
	static const char *const names[] = { "send", "recv", "loop", "bidir", "client", "server" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			options->mode = (enum perf_mode)i;
			return 0;
		}
	}
	return perf_error_set(error, -EINVAL,
			      "mode '%s': expected send, recv, loop, bidir, client or server",
			      text);
}

int perf_options_parse(struct perf_options *options, int argc, char **argv,
		       struct perf_error *error)
{
	struct scan scan = { .options = options, .error = error };
	int err;

	*options = (struct perf_options){
		.duration_ns = 10000000000ULL,
		.drain_ns = 500000000,
		.wait_ns = 10000000000ULL,
		.bin_ns = 1000000000,
		.tx_burst_pkts = 32,
		.max_frame_bytes = 1518,
		.tx_core = -1,
		.rx_core = -1,
		.search_trials = 50,
		.trial_ns = 1000000000,
		.argc = argc,
		.argv = argv,
	};
	perf_stream_init(&scan.defaults);
	if (argc < 2)
		return perf_error_set(error, -EINVAL,
				      "no mode given: 'sluice-perf --help' explains them");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		perf_options_help();
		return 1;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("sluice-perf " SLUICE_VERSION);
		return 1;
	}
	err = parse_mode(options, argv[1], error);
	if (!err)
		err = scan_arguments(&scan, argc - 2, argv + 2);
	if (err)
		return err;
	if (options->streams == 0 && options->mode != PERF_MODE_RECV &&
	    options->mode != PERF_MODE_SERVER)
		options->stream[options->streams++] = scan.defaults;
	return perf_options_check(options, scan.duration_given, error);
}
