// Loads TensorFlow before the binding does, without its greeting, and for as long as the process lives.
//
// While that library is being loaded it writes two lines about oneDNN to standard error, whatever
// TF_CPP_MIN_LOG_LEVEL says. Standard error is a pipe for that moment; what else came through it is passed on.
// From then on the level in TF_CPP_MIN_LOG_LEVEL (2 when not set: errors only) holds for Abseil's log as well.
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

std::string LibraryPath(const char *name) {
  Dl_info self;
  if (dladdr(reinterpret_cast<void *>(&LibraryPath), &self) == 0) return "";
  const std::string file = self.dli_fname;
  return file.substr(0, file.rfind('/')) + "/../../deps/lib/" + name;
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
}

}  // namespace

// Node finds an addon by this symbol and calls it in every thread that asks for it; this one exports nothing.
extern "C" __attribute__((visibility("default"))) void *napi_register_module_v1(void *, void *exports) {
  static std::once_flag once;
  std::call_once(once, LoadAndSetLevel);
  return exports;
}
