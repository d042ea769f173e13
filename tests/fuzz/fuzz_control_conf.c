/* Any text as a configuration: loaded, checked against a machine that has everything, freed. */

#include "control/conf.h"
#include "control/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig loses empty strings, and the string that a syntax error interrupts. */
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

static enum ctl_host_core any_core(unsigned core)
{
	return core % 5 == 4 ? CTL_CORE_MISSING : CTL_CORE_USABLE;
}

static void any_cores(char *text, size_t size)
{
	(void)snprintf(text, size, "0-3");
}

static int any_netdev(const char *name, struct ctl_netdev *netdev)
{
	netdev->ethernet = name[0] != 'x';
	netdev->mtu = 1500;
	return 0;
}

static int any_name(const char *name)
{
	return name[0] == 'x' ? -ENOENT : 0;
}

static int any_pci_driver(const char *address, char *driver, size_t size)
{
	(void)snprintf(driver, size, "%s", address[0] == '0' ? "vfio-pci" : "other");
	return 0;
}

static const struct ctl_host any_host = { any_core, any_cores,	    any_netdev,
					  any_name, any_pci_driver, any_name };

/* An accepted configuration must be within the ranges that the data plane was promised. */
static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_sla(const struct dp_sla *sla)
{
	require(sla->burst >= 1 && sla->burst <= DP_BURST_MAX_BYTES);
	require(sla->unit != RATE_BITS_PER_S ||
		(sla->rate >= RATE_MIN_BPS && sla->rate <= RATE_MAX_BPS));
	require(sla->unit != RATE_PKTS_PER_S ||
		(sla->rate >= RATE_MIN_PPS && sla->rate <= RATE_MAX_PPS));
}

static void require_router(const struct dp_router_config *router)
{
	require(router->name[0] != '\0' && router->netns[0] != '\0');
	require(router->n_ports >= 1 && router->n_ports <= DP_ROUTER_PORTS_MAX);
	for (unsigned i = 0; i < router->n_ports; i++) {
		const struct dp_port_config *port = &router->ports[i];

		require(port->name[0] != '\0' && port->device[0] != '\0');
		require(port->mtu >= DP_MTU_MIN && port->mtu <= DP_MTU_MAX);
		if (port->has_police)
			require_sla(&port->police);
		if (port->has_shape)
			require_sla(&port->shape);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctl_errors errors = { 0 }, notes = { 0 };
	struct ctl_conf conf;
	char *text = malloc(size + 1);
	int err;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	/* what includes other files is about other files */
	if (strstr(text, "@include") == NULL) {
		err = ctl_conf_load_string(text, &conf, &errors);
		if (err == 0 || err == -EINVAL)
			err = ctl_conf_check(&conf, &any_host, &errors, &notes) != 0 ? -EINVAL
										     : err;
		require((err != 0) == (errors.n != 0));
		for (unsigned i = 0; err == 0 && i < conf.n_routers; i++)
			require_router(&conf.routers[i].config);
		ctl_errors_sort(&errors);
		ctl_conf_fini(&conf);
	}
	ctl_errors_fini(&errors);
	ctl_errors_fini(&notes);
	free(text);
	return 0;
}
