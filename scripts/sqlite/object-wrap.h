// Included before better-sqlite3's own sources.
//
// From Node 24.19 on, node::ObjectWrap unregisters a hook in its destructor and aborts the process when a collection
// of garbage destroys a statement while no JavaScript runs. better-sqlite3 12 derives its statements from ObjectWrap and
// closes its databases through a hook of its own, so ObjectWrap's hook is left out, as it was before.
// better-sqlite3 13 has no ObjectWrap, but needs Node 22.14.
#include <node.h>

namespace node {
inline void LeaveOutHook(v8::Isolate *, void (*)(void *), void *) {}
}  // namespace node

#define AddEnvironmentCleanupHook LeaveOutHook
#define RemoveEnvironmentCleanupHook LeaveOutHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
