// Loads TensorFlow before the binding does, without its greeting, and for as long as the process lives.
//
// While that library is being loaded it writes two lines about oneDNN to standard error, whatever
// TF_CPP_MIN_LOG_LEVEL says. Standard error is a pipe for that moment; what else came through it is passed on.
// From then on the level in TF_CPP_MIN_LOG_LEVEL (2 when not set: errors only) holds for Abseil's log as well.
//
// It also turns TF32 off, in which TensorFlow multiplies float32 on NVIDIA GPUs from Ampere on unless told otherwise, and
// exports `tensorFloat32(on)`: turns it on or off for the whole process and gives what holds now; undefined where this
// TensorFlow has no such switch.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <sstream>
#include <string>

namespace {

// absl::SetMinLogLevel of the Abseil release inside TensorFlow 2.21; looked up by name, skipped when not there.
constexpr char kSetMinLogLevel[] = "_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE";

bool IsGreeting(const std::string &line) {
  return line.find("oneDNN custom operations are on") != std::string::npos ||
         line.find("before absl::InitializeLog()") != std::string::npos;
}

// tsl::enable_tensor_float_32_execution and tensor_float_32_execution_enabled: what tf.config.experimental calls.
constexpr char kSetTensorFloat32[] = "_ZN3tsl32enable_tensor_float_32_executionEb";
constexpr char kGetTensorFloat32[] = "_ZN3tsl33tensor_float_32_execution_enabledEv";
void (*set_tensor_float_32)(bool) = nullptr;
bool (*tensor_float_32)() = nullptr;

std::string Environment(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What `scripts/places.js` calls the cache.
std::string CacheFolder() {
  const std::string own = Environment("FAIRSWEEP_CACHE"), xdg = Environment("XDG_CACHE_HOME");
  return !own.empty() ? own : (!xdg.empty() ? xdg : Environment("HOME") + "/.cache") + "/fairsweep";
}

// Beside the binding set-up leaves a link to the library. The packed program has no folder that it may write to, and has
// the link in the cache. The binding asks for the library by its name only, and takes the one that is loaded already.
std::string LibraryPath(const char *name) {
  Dl_info self;
  if (dladdr(reinterpret_cast<void *>(&LibraryPath), &self) == 0) return "";
  const std::string file = self.dli_fname;
  const std::string linked = file.substr(0, file.rfind('/')) + "/../../deps/lib/" + name;
  return access(linked.c_str(), F_OK) == 0 ? linked : CacheFolder() + "/tensorflow/" PACKED_LINK "/" + name;
}

void *LoadQuietly(const std::string &library) {
  int ends[2];
  if (pipe(ends) != 0) return dlopen(library.c_str(), RTLD_NOW);
  const int standard_error = dup(STDERR_FILENO);
  // A full pipe must not stop the loader.
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  void *handle = dlopen(library.c_str(), RTLD_NOW);
  dup2(standard_error, STDERR_FILENO);
  close(standard_error);

  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, n);
  close(ends[0]);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (IsGreeting(line)) continue;
    line += '\n';
    if (write(STDERR_FILENO, line.data(), line.size()) < 0) break;
  }
  return handle;
}

void LoadAndSetLevel() {
  setenv("TF_CPP_MIN_LOG_LEVEL", "2", /* overwrite */ 0);
  void *handle = LoadQuietly(LibraryPath("libtensorflow_framework.so.2"));
  if (handle == nullptr) return;  // The binding will say what is wrong with it.
  // When the last thread that uses the binding ends, Node unloads it and TensorFlow with it; but TensorFlow has left
  // exit handlers with the C library, which would then call what is no longer there. So it stays until the process ends.
  dlopen(LibraryPath("libtensorflow_cc.so.2").c_str(), RTLD_NOW | RTLD_NODELETE);
  using SetLevel = void (*)(int);
  if (auto set_level = reinterpret_cast<SetLevel>(dlsym(handle, kSetMinLogLevel))) {
    set_level(std::atoi(std::getenv("TF_CPP_MIN_LOG_LEVEL")));
  }
  set_tensor_float_32 = reinterpret_cast<void (*)(bool)>(dlsym(handle, kSetTensorFloat32));
  tensor_float_32 = reinterpret_cast<bool (*)()>(dlsym(handle, kGetTensorFloat32));
  if (set_tensor_float_32 != nullptr) set_tensor_float_32(false);
}

}  // namespace

// The few functions of Node-API in use, which Node itself brings; declared here so that no headers are needed.
extern "C" {
typedef void *(*Callback)(void *env, void *info);
int napi_create_function(void *env, const char *name, size_t length, Callback call, void *data, void **result);
int napi_set_named_property(void *env, void *object, const char *name, void *value);
int napi_get_cb_info(void *env, void *info, size_t *count, void **arguments, void **self, void **data);
int napi_get_value_bool(void *env, void *value, bool *result);
int napi_get_boolean(void *env, bool value, void **result);
}

namespace {

void *TensorFloat32(void *env, void *info) {
  if (set_tensor_float_32 == nullptr || tensor_float_32 == nullptr) return nullptr;
  size_t count = 1;
  void *argument = nullptr;
  bool on = false;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) == 0 && count == 1 &&
      napi_get_value_bool(env, argument, &on) == 0) {
    set_tensor_float_32(on);
  }
  void *now = nullptr;
  napi_get_boolean(env, tensor_float_32(), &now);
  return now;
}

}  // namespace

// Node finds an addon by this symbol and calls it in every thread that asks for it.
extern "C" __attribute__((visibility("default"))) void *napi_register_module_v1(void *env, void *exports) {
  static std::once_flag once;
  std::call_once(once, LoadAndSetLevel);
  void *function = nullptr;
  if (napi_create_function(env, "tensorFloat32", 13, TensorFloat32, nullptr, &function) == 0) {
    napi_set_named_property(env, exports, "tensorFloat32", function);
  }
  return exports;
}
