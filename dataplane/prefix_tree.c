#include "dataplane/prefix_tree.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define DEPTH_MAX PREFIX_BITS_IPV6
#define VALUE_MASK 0xfffffU
#define DEPTH_SHIFT 20U
#define DEPTH_MASK 0xffU
#define HAS_ROUTE (1U << 31)

/* A prefix. Without a route it is a fork: both children exist. */
struct node {
	uint32_t child[2]; /* index of the node for the next bit, 0 for none */
	uint32_t info;	   /* HAS_ROUTE, depth, value */
	uint32_t prefix[]; /* IPv4: the address; IPv6: a prefix_key */
};

/* Sizes of a node, each one unit of the arena. */
#define NODE_BYTES 16U
#define NODE_WIDE_BYTES 32U
_Static_assert(sizeof(struct node) + sizeof(uint32_t) <= NODE_BYTES, "IPv4 fits its unit");
_Static_assert(sizeof(struct node) + sizeof(prefix_key) <= NODE_WIDE_BYTES, "IPv6 fits its unit");

static struct node *node_at(const struct prefix_tree *tree, uint32_t index)
{
	return arena_at(&tree->nodes, index);
}

static unsigned node_depth(const struct node *node)
{
	return (node->info >> DEPTH_SHIFT) & DEPTH_MASK;
}

static prefix_key node_prefix(const struct prefix_tree *tree, const struct node *node)
{
	prefix_key prefix;

	if (!tree->is_wide)
		return prefix_key_ipv4(node->prefix[0]);
	memcpy(&prefix, node->prefix, sizeof(prefix));
	return prefix;
}

/* The bit of an address that follows a prefix of some depth below the longest. */
static unsigned bit_after(prefix_key addr, unsigned depth)
{
	return (unsigned)(addr >> (DEPTH_MAX - 1 - depth)) & 1;
}

static uint32_t route_info(const struct prefix_route *route)
{
	return HAS_ROUTE | ((uint32_t)route->depth << DEPTH_SHIFT) | route->value;
}

static void node_to_route(const struct prefix_tree *tree, const struct node *node,
			  struct prefix_route *route)
{
	route->prefix = node_prefix(tree, node);
	route->depth = (uint8_t)node_depth(node);
	route->value = node->info & VALUE_MASK;
}

static bool node_contains(const struct prefix_tree *tree, const struct node *node,
			  prefix_key prefix, unsigned depth)
{
	unsigned own = node_depth(node);

	return own <= depth && ((node_prefix(tree, node) ^ prefix) & prefix_key_mask(own)) == 0;
}

static bool node_is(const struct prefix_tree *tree, const struct node *node, prefix_key prefix,
		    unsigned depth)
{
	return node_depth(node) == depth && node_prefix(tree, node) == prefix;
}

int prefix_tree_init(struct prefix_tree *tree, unsigned bits)
{
	static const uint16_t one_unit = 1;

	tree->root = 0;
	tree->n_routes = 0;
	tree->is_wide = bits == PREFIX_BITS_IPV6;
	return arena_init(&tree->nodes, tree->is_wide ? NODE_WIDE_BYTES : NODE_BYTES, &one_unit, 1);
}

void prefix_tree_fini(struct prefix_tree *tree)
{
	arena_fini(&tree->nodes);
}

/* The link that leads to the first node that does not strictly contain the prefix. */
static uint32_t *find_link(struct prefix_tree *tree, prefix_key prefix, unsigned depth)
{
	uint32_t *link = &tree->root;

	while (*link != 0) {
		struct node *node = node_at(tree, *link);

		if (node_depth(node) >= depth || !node_contains(tree, node, prefix, depth))
			break;
		link = &node->child[bit_after(prefix, node_depth(node))];
	}
	return link;
}

static uint32_t node_new(struct prefix_tree *tree, prefix_key prefix, uint32_t info)
{
	uint32_t index = arena_alloc(&tree->nodes, 1);
	struct node *node = node_at(tree, index);

	if (index == 0)
		return 0;
	node->child[0] = node->child[1] = 0;
	node->info = info;
	if (tree->is_wide)
		memcpy(node->prefix, &prefix, sizeof(prefix));
	else
		node->prefix[0] = (uint32_t)(prefix >> (PREFIX_BITS_IPV6 - PREFIX_BITS_IPV4));
	return index;
}

/* Number of leading bits that two prefixes share, at most limit. */
static unsigned common_depth(prefix_key a, prefix_key b, unsigned limit)
{
	uint64_t upper = (uint64_t)((a ^ b) >> 64), lower = (uint64_t)(a ^ b);
	unsigned common = DEPTH_MAX;

	if (upper != 0)
		common = (unsigned)__builtin_clzll(upper);
	else if (lower != 0)
		common = 64 + (unsigned)__builtin_clzll(lower);
	return common < limit ? common : limit;
}

/* Puts the new leaf in front of, or beside, the node that link leads to. */
static int insert_above(struct prefix_tree *tree, uint32_t *link, uint32_t leaf)
{
	const struct node *below = node_at(tree, *link);
	struct node *new = node_at(tree, leaf);
	prefix_key prefix = node_prefix(tree, new), other = node_prefix(tree, below);
	unsigned depth = node_depth(new);
	unsigned common = common_depth(prefix, other, depth);
	uint32_t fork;

	if (common == depth) {
		new->child[bit_after(other, depth)] = *link;
		*link = leaf;
		return 0;
	}
	fork = node_new(tree, prefix & prefix_key_mask(common), common << DEPTH_SHIFT);
	if (fork == 0)
		return -ENOMEM;
	node_at(tree, fork)->child[bit_after(prefix, common)] = leaf;
	node_at(tree, fork)->child[bit_after(other, common)] = *link;
	*link = fork;
	return 0;
}

int prefix_tree_set(struct prefix_tree *tree, const struct prefix_route *route, uint32_t *old)
{
	uint32_t *link = find_link(tree, route->prefix, route->depth);
	struct node *node = node_at(tree, *link);
	uint32_t leaf;

	if (*link != 0 && node_is(tree, node, route->prefix, route->depth)) {
		bool replaced = (node->info & HAS_ROUTE) != 0;

		if (replaced && old != NULL)
			*old = node->info & VALUE_MASK;
		node->info = route_info(route);
		tree->n_routes += !replaced;
		return replaced;
	}
	leaf = node_new(tree, route->prefix, route_info(route));
	if (leaf == 0)
		return -ENOMEM;
	if (*link == 0) {
		*link = leaf;
	} else if (insert_above(tree, link, leaf) != 0) {
		arena_free(&tree->nodes, leaf);
		return -ENOMEM;
	}
	tree->n_routes++;
	return 0;
}

/* Takes a node without route and with at most one child out of the path. */
static void splice(struct prefix_tree *tree, uint32_t *link)
{
	uint32_t index = *link;
	const struct node *node = node_at(tree, index);

	if ((node->info & HAS_ROUTE) || (node->child[0] != 0 && node->child[1] != 0))
		return;
	*link = node->child[0] != 0 ? node->child[0] : node->child[1];
	arena_free(&tree->nodes, index);
}

int prefix_tree_del(struct prefix_tree *tree, struct prefix_route *route,
		    struct prefix_route *cover)
{
	uint32_t *link = &tree->root, *parent = NULL;
	struct node *node;
	int covered = 0;

	for (;;) {
		node = node_at(tree, *link);
		if (*link == 0 || !node_contains(tree, node, route->prefix, route->depth))
			return -ENOENT;
		if (node_depth(node) == route->depth)
			break;
		if (node->info & HAS_ROUTE) {
			node_to_route(tree, node, cover);
			covered = 1;
		}
		parent = link;
		link = &node->child[bit_after(route->prefix, node_depth(node))];
	}
	if (!(node->info & HAS_ROUTE))
		return -ENOENT;
	node_to_route(tree, node, route);
	node->info &= ~(HAS_ROUTE | VALUE_MASK);
	splice(tree, link);
	if (parent != NULL)
		splice(tree, parent);
	tree->n_routes--;
	return covered;
}

int prefix_tree_get(const struct prefix_tree *tree, struct prefix_route *route)
{
	uint32_t index = tree->root;

	while (index != 0) {
		const struct node *node = node_at(tree, index);

		if (!node_contains(tree, node, route->prefix, route->depth))
			return -ENOENT;
		if (node_depth(node) == route->depth) {
			if (!(node->info & HAS_ROUTE))
				return -ENOENT;
			route->value = node->info & VALUE_MASK;
			return 0;
		}
		index = node->child[bit_after(route->prefix, node_depth(node))];
	}
	return -ENOENT;
}

bool prefix_tree_cover(const struct prefix_tree *tree, prefix_key prefix, unsigned depth,
		       struct prefix_route *cover)
{
	uint32_t index = tree->root;
	bool found = false;

	while (index != 0) {
		const struct node *node = node_at(tree, index);

		if (!node_contains(tree, node, prefix, depth))
			break;
		if (node->info & HAS_ROUTE) {
			node_to_route(tree, node, cover);
			found = true;
		}
		if (node_depth(node) == depth)
			break;
		index = node->child[bit_after(prefix, node_depth(node))];
	}
	return found;
}

uint32_t prefix_tree_top(const struct prefix_tree *tree, uint32_t from, prefix_key prefix,
			 unsigned depth)
{
	uint32_t index = from;

	while (index != 0) {
		const struct node *node = node_at(tree, index);

		if (node_depth(node) >= depth) {
			prefix_key diff = node_prefix(tree, node) ^ prefix;

			return (diff & prefix_key_mask(depth)) == 0 ? index : 0;
		}
		if (!node_contains(tree, node, prefix, depth))
			return 0;
		index = node->child[bit_after(prefix, node_depth(node))];
	}
	return 0;
}

void prefix_tree_node(const struct prefix_tree *tree, uint32_t index, struct prefix_node *node)
{
	const struct node *from = node_at(tree, index);

	node_to_route(tree, from, &node->route);
	node->has_route = (from->info & HAS_ROUTE) != 0;
	memcpy(node->child, from->child, sizeof(node->child));
}

int prefix_tree_walk(const struct prefix_tree *tree, prefix_tree_fn fn, void *arg)
{
	/* Every pop pushes two nodes that are deeper: one sibling per depth waits at most. */
	uint32_t stack[DEPTH_MAX + 2];
	unsigned n = 0;

	stack[n++] = tree->root;
	while (n != 0) {
		uint32_t index = stack[--n];
		const struct node *node = node_at(tree, index);
		struct prefix_route route;
		int ret;

		if (index == 0)
			continue;
		node_to_route(tree, node, &route);
		ret = node->info & HAS_ROUTE ? fn(&route, arg) : 0;
		if (ret != 0)
			return ret;
		stack[n++] = node->child[1];
		stack[n++] = node->child[0];
	}
	return 0;
}
