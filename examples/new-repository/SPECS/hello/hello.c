#include <stdio.h>

int main(void) {
  puts("Hello from a package of your own.");
  return 0;
}
