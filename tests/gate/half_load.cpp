// Another process that wants a core half of the time, in spells of 50 ms, until it is ended. For ./dev gate-proof load.
#include <chrono>
#include <thread>

int main() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kSpell{50};
  for (;;) {
    for (const auto until = Clock::now() + kSpell; Clock::now() < until;) continue;
    std::this_thread::sleep_for(kSpell);
  }
}
