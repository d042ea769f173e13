#include "dataplane/class_table.h"

#include "dataplane/sla.h"

#include <errno.h>

#include <rte_common.h>
#include <rte_malloc.h>

static uint16_t mtu_max(const struct dp_router_config *router)
{
	uint16_t mtu = DP_MTU_MIN;

	for (unsigned i = 0; i < router->n_ports; i++)
		mtu = RTE_MAX(mtu, router->ports[i].mtu);
	return mtu;
}

/* A class without SLA counts in the layer of ports without one. */
int class_policer_make(const struct dp_router_config *router, unsigned index, uint64_t tsc_hz,
		       struct policer *policer, bool *bucket_only)
{
	struct policer_spec spec = { .kind = POLICER_NONE, .layer = RATE_LAYER_L2 };

	*bucket_only = false;
	if (router->n_classes != 0 && router->classes[index].has_police) {
		sla_policer_spec(&router->classes[index].police, mtu_max(router), &spec);
		*bucket_only = sla_needs_length_only(&router->classes[index].police);
	}
	return policer_init(policer, &spec, tsc_hz);
}

static int class_init(struct class_state *class, const struct dp_router_config *router,
		      unsigned index, uint64_t tsc_hz, uint64_t now_tsc)
{
	int err = class_policer_make(router, index, tsc_hz, &class->policer, &class->bucket_only);

	if (err == 0)
		policer_state_init(&class->state, &class->policer, now_tsc);
	return err;
}

bool class_table_is_needed(const struct dp_router_config *router)
{
	for (unsigned i = 0; i < router->n_ports; i++) {
		const struct dp_port_config *port = &router->ports[i];

		if (port->flows.by != DP_FLOW_NONE ||
		    (port->has_police && !sla_needs_length_only(&port->police)))
			return true;
	}
	return router->n_classes != 0;
}

int class_table_create(const struct dp_router_config *router, uint64_t tsc_hz, uint64_t now_tsc,
		       struct class_table **result)
{
	struct class_table *table = rte_zmalloc("classes", sizeof(*table), RTE_CACHE_LINE_SIZE);
	int err = 0;

	if (table == NULL)
		return -ENOMEM;
	table->n = router->n_classes != 0 ? router->n_classes : 1;
	classifier_init(&table->classifier, router->classes, table->n - 1);
	for (unsigned i = 0; i < table->n && err == 0; i++)
		err = class_init(&table->classes[i], router, i, tsc_hz, now_tsc);
	if (err != 0) {
		rte_free(table);
		return err;
	}
	*result = table;
	return 0;
}

void class_table_destroy(struct class_table *table)
{
	rte_free(table);
}

void class_table_refresh(struct class_table *table, uint64_t now_tsc)
{
	for (unsigned i = 0; i < table->n; i++)
		policer_state_refresh(&table->classes[i].policer, &table->classes[i].state,
				      now_tsc);
}
