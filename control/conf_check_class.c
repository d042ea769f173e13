#include "control/conf.h"
#include "dataplane/dp.h"

#include <string.h>

#define ETHER_HDR_BYTES 14

/* What every check needs. */
struct check {
	const struct ctl_conf *conf;
	struct ctl_conf_router *router;
	struct ctl_errors *errors;
};

static uint16_t mtu_max(const struct dp_router_config *config)
{
	uint16_t mtu = DP_MTU_MIN;

	for (unsigned i = 0; i < config->n_ports; i++)
		mtu = config->ports[i].mtu > mtu ? config->ports[i].mtu : mtu;
	return mtu;
}

/* Several ports with one SLA would say the same about it. */
static void add_once(const struct check *check, struct ctl_src src, const char *text)
{
	for (unsigned i = 0; i < check->errors->n; i++)
		if (check->errors->items[i].src.line == src.line &&
		    strcmp(check->errors->items[i].text, text) == 0)
			return;
	ctl_errors_add(check->errors, src, "%s", text);
}

static const struct ctl_conf_sla *complete_sla(const struct check *check, const char *name)
{
	const struct ctl_conf_sla *sla = ctl_conf_sla_lookup(check->conf, name);

	return sla != NULL && sla->complete ? sla : NULL;
}

/* A committed burst below one packet was refused already, where it is used by a port. */
static bool burst_fits(const struct dp_sla *sla, uint16_t mtu)
{
	return sla->unit != RATE_BITS_PER_S ||
	       (int64_t)sla->burst >= mtu + ETHER_HDR_BYTES + rate_layer_adjust_bytes(sla->layer);
}

static void check_police(const struct check *check, const char *name, uint16_t mtu)
{
	const struct ctl_conf_sla *sla = complete_sla(check, name);
	char text[CTL_SENTENCE_MAX];
	struct dp_why why = { "" };

	if (sla == NULL || dp_sla_police_check(&sla->sla, mtu, &why) == 0)
		return;
	(void)snprintf(text, sizeof(text), "SLA \"%s\" cannot police: %.400s", name, why.text);
	add_once(check, sla->src, text);
}

static void check_policers(const struct check *check)
{
	const struct dp_router_config *config = &check->router->config;

	for (unsigned i = 0; i < config->n_ports; i++)
		if (config->ports[i].has_police &&
		    burst_fits(&config->ports[i].police, config->ports[i].mtu))
			check_police(check, config->ports[i].police.name, config->ports[i].mtu);
	for (unsigned i = 0; i < config->n_classes; i++)
		if (config->classes[i].has_police)
			check_police(check, config->classes[i].police.name, mtu_max(config));
}

static void check_names(const struct check *check)
{
	const struct ctl_conf_router *router = check->router;

	for (unsigned i = 0; i < router->config.n_classes; i++) {
		const struct ctl_src *at = router->classes[i].at;

		for (unsigned j = 0; j < router->config.n_classes && at[CTL_CLASS_NAME].line != 0;
		     j++) {
			const struct ctl_src *first = &router->classes[j].at[CTL_CLASS_NAME];

			if (first->line == 0 || first->line >= at[CTL_CLASS_NAME].line ||
			    strcmp(router->config.classes[i].name,
				   router->config.classes[j].name) != 0)
				continue;
			ctl_errors_add(check->errors, at[CTL_CLASS_NAME],
				       "class \"%s\" is defined twice; the first is at %s:%u, give "
				       "this one another name",
				       router->config.classes[i].name, first->file, first->line);
			break;
		}
	}
}

static bool resolve(const struct check *check, struct ctl_src src, const char *name,
		    struct dp_sla *to)
{
	const struct ctl_conf_sla *sla = ctl_conf_sla_resolve(check->conf, src, name,
							      check->errors);

	if (sla != NULL)
		*to = sla->sla;
	return sla != NULL;
}

static void resolve_classes(const struct check *check)
{
	for (unsigned i = 0; i < check->router->config.n_classes; i++) {
		struct dp_class_config *class = &check->router->config.classes[i];
		const struct ctl_conf_class *names = &check->router->classes[i];

		class->has_police = resolve(check, names->at[CTL_CLASS_POLICE], names->police,
					    &class->police);
		class->has_shape = resolve(check, names->at[CTL_CLASS_SHAPE], names->shape,
					   &class->shape);
	}
}

/* Place of a class, -1 without one of that name. */
static int class_lookup(const struct dp_router_config *config, const char *name)
{
	for (unsigned i = 0; i < config->n_classes; i++)
		if (strcmp(config->classes[i].name, name) == 0)
			return (int)i;
	return config->n_classes == 0 && strcmp(name, DP_CLASS_DEFAULT) == 0 ? 0 : -1;
}

/* Flows that cannot be had are taken out, so that nothing more is said about them. */
static void resolve_flows(const struct check *check, unsigned port)
{
	const struct ctl_conf_port *conf = &check->router->ports[port];
	struct dp_port_config *config = &check->router->config.ports[port];
	const struct ctl_src *at = conf->flows.at;
	int class_index = class_lookup(&check->router->config, conf->flows.class_name);

	if (config->flows.by == DP_FLOW_NONE)
		return;
	if (class_index < 0)
		ctl_errors_add(check->errors,
			       at[CTL_FLOWS_CLASS].line != 0 ? at[CTL_FLOWS_CLASS]
							     : conf->at[CTL_PORT_FLOWS],
			       "class \"%s\" does not exist in router \"%s\"; name one of its "
			       "classes or leave class out for \"%s\"",
			       conf->flows.class_name, check->router->config.name,
			       DP_CLASS_DEFAULT);
	if (conf->at[CTL_PORT_SHAPE].file == NULL)
		ctl_errors_add(check->errors, conf->at[CTL_PORT_FLOWS],
			       "flows of port \"%s\" have no effect: it has no shape; add for "
			       "example shape = \"gold\";",
			       config->name);
	if (!resolve(check, at[CTL_FLOWS_SLA], conf->flows.sla, &config->flows.sla) ||
	    class_index < 0 || config->flows.count == 0 || !config->has_shape)
		config->flows.by = DP_FLOW_NONE;
	else
		config->flows.class_index = (uint8_t)class_index;
}

static void check_port_shape(const struct check *check, unsigned port)
{
	const struct dp_router_config *config = &check->router->config;
	const struct dp_port_config *shaped = &config->ports[port];
	struct ctl_src src = check->router->ports[port].at[CTL_PORT_SHAPE];
	struct dp_why why = { "" };

	if (!shaped->has_shape || complete_sla(check, shaped->shape.name) == NULL ||
	    !burst_fits(&shaped->shape, shaped->mtu))
		return;
	if (dp_port_shape_check(shaped, &why) != 0) {
		ctl_errors_add(check->errors, src, "shape of port \"%s\": %s", shaped->name,
			       why.text);
		return;
	}
	for (unsigned i = 0; i < config->n_classes; i++) {
		const struct dp_class_config *class = &config->classes[i];

		if (!class->has_queue ||
		    (class->has_shape && complete_sla(check, class->shape.name) == NULL))
			continue;
		if (dp_class_queue_check(config, port, i, &why) == 0)
			continue;
		ctl_errors_add(check->errors, check->router->classes[i].src,
			       "class \"%s\" on port \"%s\" at %s:%u: %s", class->name,
			       shaped->name, src.file, src.line, why.text);
		return;
	}
	if (dp_port_queues_check(config, port, &why) != 0)
		ctl_errors_add(check->errors, src, "port \"%s\" at %s:%u: %s", shaped->name,
			       src.file, src.line, why.text);
}

static void check_queues_used(const struct check *check)
{
	const struct dp_router_config *config = &check->router->config;

	for (unsigned i = 0; i < config->n_ports; i++)
		if (check->router->ports[i].at[CTL_PORT_SHAPE].file != NULL)
			return;
	for (unsigned i = 0; i < config->n_classes; i++)
		if (config->classes[i].has_queue)
			ctl_errors_add(check->errors, check->router->classes[i].src,
				       "class \"%s\" has a queue, but no port of router \"%s\" is "
				       "shaped; give one of them shape, or leave the keys of the "
				       "queue out",
				       config->classes[i].name, config->name);
}

void ctl_conf_check_classes(const struct ctl_conf *conf, struct ctl_conf_router *router,
			    struct ctl_errors *errors)
{
	const struct check check = { conf, router, errors };

	check_names(&check);
	resolve_classes(&check);
	check_policers(&check);
	check_queues_used(&check);
	for (unsigned i = 0; i < router->config.n_ports; i++) {
		resolve_flows(&check, i);
		check_port_shape(&check, i);
	}
}
