/*
 * What differs between two configurations: every router that changes and how, none that does not,
 * and what cannot change while the daemon runs, with its line.
 */

#include "control/conf_diff.h"
#include "tests/control/conf_text.h"

#define CHANGES_MAX 4

/* One expected change; the list ends without a name. */
struct change {
	const char *router;
	enum ctl_change change;
	const char *what;
};

#define SLAS(gold, silver)                                                                         \
	"slas: (\n{ name = \"gold\"; " gold " },\n{ name = \"silver\"; " silver " } );\n"
#define GOLD "rate = \"10M\"; burst = \"64k\";"
#define SILVER "rate = \"1M\"; burst = \"64k\";"
#define TWO SLAS(GOLD, SILVER)
#define PORTS(name, wan, lan)                                                                      \
	"ports: (\n{ name = \"wan0\"; device = \"kernel:eth-" name "\"; " wan " },\n"              \
	"{ name = \"lan0\"; device = \"kernel:eth-" name "2\"; " lan " } );"
#define ROUTER(name, rest, wan, lan)                                                               \
	"{ name = \"" name "\"; netns = \"ns-" name "\"; core = 1; " rest                          \
	" " PORTS(name, wan, lan) " }"
#define CLASSES(voice, rest)                                                                       \
	"classes: ( { name = \"voice\"; match = { dscp = \"ef\"; }; level = 1; " voice " }, "      \
	"{ name = \"default\"; level = 2; " rest " } );"
#define A ROUTER("a", "", "police = \"gold\";", "shape = \"gold\";")
#define B ROUTER("b", "", "police = \"silver\";", "shape = \"silver\";")
#define FLOWS(count, sla)                                                                          \
	"shape = \"gold\"; flows = { by = \"5-tuple\"; count = " count "; sla = \"" sla "\"; };"
#define ROUTERS(routers) "routers: (\n" routers " );\n"
#define ONE(router) TWO ROUTERS(router)
#define RUNS(from) ((struct ctl_conf_runs){ .conf = &(from), .has_pci = true })

static const struct {
	const char *from, *to;
	struct change changes[CHANGES_MAX];
} cases[] = {
	/* nothing, whatever lines and order say */
	{ ONE(A ",\n" B), "\n\n" ONE(B ",\n" A), { { NULL, 0, NULL } } },
	{ ONE(ROUTER("a", CLASSES("police = \"gold\"; ecn = \"1ms\";", "weight = 3;"),
		     "police = \"gold\";", FLOWS("64", "silver"))),
	  ONE(ROUTER("a", CLASSES("police = \"gold\"; ecn = \"1ms\";", "weight = 3;"),
		     "police = \"gold\";", FLOWS("64", "silver"))),
	  { { NULL, 0, NULL } } },
	/* come and go */
	{ ONE(A), ONE(B ",\n" A), { { "b", CTL_CHANGE_ADD, "" } } },
	{ ONE(A ",\n" B), ONE(B), { { "a", CTL_CHANGE_REMOVE, "" } } },
	{ ONE(A), ONE(B), { { "b", CTL_CHANGE_ADD, "" }, { "a", CTL_CHANGE_REMOVE, "" } } },
	/* an SLA changes for all who have it, in place */
	{ ONE(A ",\n" B),
	  SLAS("rate = \"20M\"; burst = \"64k\";", SILVER) ROUTERS(A ",\n" B),
	  { { "a", CTL_CHANGE_IN_PLACE, "police of port wan0" } } },
	{ ONE(A),
	  SLAS(GOLD " delay = \"2ms\";", SILVER) ROUTERS(A),
	  { { "a", CTL_CHANGE_IN_PLACE, "police of port wan0" } } },
	{ ONE(ROUTER("a", "", "", "shape = \"gold\";")),
	  ONE(ROUTER("a", "", "", "shape = \"silver\";")),
	  { { "a", CTL_CHANGE_IN_PLACE, "shape of port lan0" } } },
	{ ONE(ROUTER("a", "", "", "")),
	  ONE(ROUTER("a", "", "police = \"gold\";", "")),
	  { { "a", CTL_CHANGE_IN_PLACE, "police of port wan0" } } },
	{ ONE(ROUTER("a", "share = 30;", "", "")),
	  ONE(ROUTER("a", "share = 40;", "", "")),
	  { { "a", CTL_CHANGE_IN_PLACE, "share" } } },
	{ ONE(ROUTER("a", CLASSES("", ""), "", "shape = \"gold\";")),
	  ONE(ROUTER("a", CLASSES("police = \"gold\";", ""), "", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_IN_PLACE, "police of class voice" } } },
	{ ONE(ROUTER("a", CLASSES("", ""), "", "shape = \"gold\";")),
	  ONE(ROUTER("a", CLASSES("", "weight = 5;"), "", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_IN_PLACE, "queue of class default" } } },
	{ ONE(ROUTER("a", CLASSES("shape = \"gold\";", ""), "", "shape = \"gold\";")),
	  ONE(ROUTER("a", CLASSES("shape = \"silver\";", ""), "", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_IN_PLACE, "shape of class voice" } } },
	{ ONE(ROUTER("a", "", "", FLOWS("1024", "gold"))),
	  ONE(ROUTER("a", "", "", FLOWS("1024", "silver"))),
	  { { "a", CTL_CHANGE_IN_PLACE, "flows of port lan0" } } },
	{ ONE(ROUTER("a", "share = 30;", "", FLOWS("1025", "gold"))),
	  ONE(ROUTER("a", "share = 40;", "", FLOWS("1025", "gold"))),
	  { { "a", CTL_CHANGE_IN_PLACE, "share" } } },
	/* everything else restarts the router, and says why */
	{ ONE(ROUTER("a", "", "", FLOWS("1025", "gold"))),
	  ONE(ROUTER("a", "", "", FLOWS("1025", "silver"))),
	  { { "a", CTL_CHANGE_RESTART, "flows of port lan0" } } },
	{ ONE(A),
	  SLAS(GOLD " yellow = \"pass\"; kind = \"srtcm\"; excess_burst = \"9k\";", SILVER)
		  ROUTERS(A),
	  { { "a", CTL_CHANGE_RESTART, "police of port wan0" } } },
	{ ONE(A),
	  SLAS(GOLD " layer = \"L1\";", SILVER) ROUTERS(A),
	  { { "a", CTL_CHANGE_RESTART, "layer of port lan0" } } },
	{ ONE(A),
	  ONE(ROUTER("a", "", "police = \"gold\";", "")),
	  { { "a", CTL_CHANGE_RESTART, "shape of port lan0" } } },
	{ ONE(A),
	  ONE(ROUTER("a", "", "police = \"silver\"; mtu = 1400;", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_RESTART, "mtu of port wan0" } } },
	{ ONE(A),
	  ONE(ROUTER("a", "", "police = \"gold\"; vlan = 7;", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_RESTART, "vlan of port wan0" } } },
	{ ONE(A),
	  ONE(ROUTER("a", "police_at = \"late\";", "police = \"gold\";", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_RESTART, "police_at" } } },
	{ ONE(A),
	  ONE(ROUTER("a", "punt = { icmp = \"5pps\"; };", "police = \"gold\";",
		     "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_RESTART, "punt" } } },
	{ ONE(A),
	  ONE(ROUTER("a", CLASSES("", ""), "police = \"gold\";", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_RESTART, "number of classes" } } },
	{ ONE(ROUTER("a", CLASSES("", ""), "", "shape = \"gold\";")),
	  ONE(ROUTER("a", CLASSES("quota = 9;", ""), "", "shape = \"gold\";")),
	  { { "a", CTL_CHANGE_RESTART, "class voice" } } },
};

static void expect_changes(const char *to, const struct ctl_conf_diff *diff,
			   const struct change *changes)
{
	unsigned n = 0;

	for (; changes[n].router != NULL; n++) {
		const struct ctl_router_change *item = &diff->items[n];
		const struct ctl_conf_router *router = item->to != NULL ? item->to : item->from;

		if (n < diff->n && item->change == changes[n].change &&
		    strcmp(router->config.name, changes[n].router) == 0 &&
		    strcmp(item->what.text, changes[n].what) == 0)
			continue;
		fail_msg("%s\nexpected %s: %s, found %s: %s", to, changes[n].router,
			 changes[n].what, n < diff->n ? router->config.name : "nothing",
			 n < diff->n ? item->what.text : "");
	}
	if (diff->n != n)
		fail_msg("%s\n%u changes instead of %u", to, diff->n, n);
}

static void differences(void **state)
{
	static struct ctl_conf_diff diff;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_errors errors = { 0 };
		struct ctl_conf from, to;

		conf_load_good(cases[i].from, &from);
		conf_load_good(cases[i].to, &to);
		assert_int_equal(ctl_conf_diff(&RUNS(from), &to, &diff, &errors), 0);
		expect_changes(cases[i].to, &diff, cases[i].changes);
		ctl_conf_fini(&from);
		ctl_conf_fini(&to);
	}
}

#define CORES(cores) "cores: (\n" cores " );\n"
#define SLICES "{ core = 1; scheduler = \"timeslice\"; slice = \"2ms\"; }"
#define VF(name, vf)                                                                               \
	"{ name = \"" name "\"; netns = \"ns-" name "\"; core = 2;\n"                              \
	"ports: ( { name = \"p\"; device = \"vf:p0/0\"; vlan = 7; " vf " } ); }"

static void refusals(void **state)
{
	static const struct {
		const char *from, *to;
		bool has_pci;
		struct wanted wanted[WANTED_MAX];
	} refused[] = {
		{ "control: { core = 0; };\n" ONE(A),
		  "control: {\ncore = 2; };\n" ONE(A),
		  false,
		  { { 2, "the control core cannot change from 0 to 2" } } },
		{ "control: { core = 2; };\n" ONE(A),
		  ONE(A),
		  false,
		  { { 0, "the control core cannot change from 2 to 0" } } },
		{ ONE(A),
		  "control: { socket = \"/run/other\"; };\n" ONE(A),
		  false,
		  { { 1, "the socket cannot change from /run/sluice/sluice.sock" } } },
		{ ONE(A),
		  CORES(SLICES) ONE(A),
		  false,
		  { { 2, "the scheduler of core 1 cannot change while it serves routers, such as "
			 "\"a\"" } } },
		{ CORES(SLICES) ONE(A),
		  ONE("\n\n" A),
		  false,
		  { { 7, "the scheduler of core 1 cannot change" } } },
		{ ONE(A),
		  ONE(A ",\n" VF("v", "")),
		  false,
		  { { 9, "the first NIC cannot be added" } } },
		/* these can change */
		{ ONE(A), ONE(A ",\n" VF("v", "")), true, { { 0, NULL } } },
		{ CORES(SLICES) ONE(A), ONE(VF("v", "")), true, { { 0, NULL } } },
		{ ONE(A),
		  "control: { calibration = \"/none\"; admission = \"report\"; };\n" ONE(A),
		  false,
		  { { 0, NULL } } },
	};
	static struct ctl_conf_diff diff;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct ctl_errors errors = { 0 };
		struct ctl_conf from, to;
		struct ctl_conf_runs runs = { .conf = &from, .has_pci = refused[i].has_pci };
		int err;

		conf_load_good(refused[i].from, &from);
		conf_load_good(refused[i].to, &to);
		err = ctl_conf_diff(&runs, &to, &diff, &errors);
		assert_int_equal(err, refused[i].wanted[0].words != NULL ? -EPERM : 0);
		expect_errors(refused[i].to, &errors, "(string)", refused[i].wanted);
		ctl_errors_fini(&errors);
		ctl_conf_fini(&from);
		ctl_conf_fini(&to);
	}
}

/* What its PF does with a VF is for a driver that takes it anew; where it is, is not compared. */
static void vf_settings(void **state)
{
	static struct ctl_conf_diff diff;
	struct ctl_errors errors = { 0 };
	struct ctl_conf from, same, to;

	(void)state;
	conf_load_good(ONE(VF("v", "")), &from);
	conf_load_good(ONE(VF("v", "")), &same);
	conf_load_good(ONE(VF("v", "vf = { trust = false; };")), &to);
	assert_int_equal(ctl_conf_diff(&RUNS(from), &to, &diff, &errors), 0);
	expect_changes("trust", &diff,
		       (struct change[]){ { "v", CTL_CHANGE_RESTART, "vf of port p" }, { 0 } });
	same.routers[0].config.ports[0].pci_address[0] = '\0';
	assert_int_equal(ctl_conf_diff(&RUNS(from), &same, &diff, &errors), 0);
	assert_int_equal(diff.n, 0);
	to.routers[0].provision = true;
	assert_int_equal(ctl_conf_diff(&RUNS(from), &to, &diff, &errors), 0);
	expect_changes("provision", &diff,
		       (struct change[]){ { "v", CTL_CHANGE_RESTART, "provision" }, { 0 } });
	ctl_conf_fini(&from);
	ctl_conf_fini(&same);
	ctl_conf_fini(&to);
}

/* What is where nobody can come any more is built anew, whatever the file says. */
static void namespaces(void **state)
{
	static struct ctl_conf_diff diff;
	struct ctl_errors errors = { 0 };
	struct ctl_conf from, same, without;
	struct ctl_conf_runs runs = { .conf = &from, .netns_lost = { [1] = true } };

	(void)state;
	conf_load_good(ONE(A ",\n" B), &from);
	conf_load_good(SLAS(GOLD, "rate = \"2M\"; burst = \"64k\";") ROUTERS(B ",\n" A), &same);
	conf_load_good(ONE(A), &without);
	assert_int_equal(ctl_conf_diff(&runs, &same, &diff, &errors), 0);
	expect_changes(
		"b, replaced", &diff,
		(struct change[]){ { "b", CTL_CHANGE_RESTART, "namespace replaced" }, { 0 } });
	assert_int_equal(ctl_conf_diff(&runs, &without, &diff, &errors), 0);
	expect_changes("b, removed", &diff,
		       (struct change[]){ { "b", CTL_CHANGE_REMOVE, "" }, { 0 } });
	ctl_conf_fini(&from);
	ctl_conf_fini(&same);
	ctl_conf_fini(&without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences),
		cmocka_unit_test(refusals),
		cmocka_unit_test(vf_settings),
		cmocka_unit_test(namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
