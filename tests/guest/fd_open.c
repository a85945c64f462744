/* Ends with 1 if the descriptor of that number is open, else with 0. */
#include <fcntl.h>
#include <stdlib.h>

int main(int argc, char *argv[]) { return argc == 2 && fcntl(atoi(argv[1]), F_GETFD) >= 0; }
