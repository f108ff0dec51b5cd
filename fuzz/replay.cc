// replay FOLDER|FILE...: runs a fuzz target, which is linked with it, over its
// seeds, with any compiler and without libFuzzer. A folder that is missing or
// empty is an error: a check that ran over nothing shows nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace {

namespace fs = std::filesystem;

// In order of their names, so that two runs fail at the same one.
std::vector<fs::path> seeds_of(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    return {path};
  }
  std::vector<fs::path> seeds;
  for (fs::directory_iterator entry(path, error), end; entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error)) {
      seeds.push_back(entry->path());
    }
  }
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

std::optional<std::vector<std::uint8_t>> read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) {
    return std::nullopt;
  }
  // No room behind the last byte, where reading on would go unnoticed.
  bytes.shrink_to_fit();
  return bytes;
}

bool replay(const fs::path& path) {
  const std::vector<fs::path> seeds = seeds_of(path);
  if (seeds.empty()) {
    std::fprintf(stderr, "replay: no seeds in %s\n", path.c_str());
    return false;
  }
  for (const fs::path& seed : seeds) {
    const std::optional<std::vector<std::uint8_t>> bytes = read(seed);
    if (!bytes) {
      std::fprintf(stderr, "replay: %s cannot be read\n", seed.c_str());
      return false;
    }
    LLVMFuzzerTestOneInput(bytes->data(), bytes->size());
  }
  std::printf("%zu seeds replayed of %s\n", seeds.size(), path.c_str());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER|FILE...\n", argv[0]);
    return 2;
  }
  bool all_replayed = true;
  for (int i = 1; i < argc; ++i) {
    all_replayed = replay(argv[i]) && all_replayed;
  }
  return all_replayed ? 0 : 1;
}
