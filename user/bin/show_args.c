/* Prints the arguments and the environment that its caller gave to exec, and ends with the number of arguments as its status. */
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[], char *envp[]) {
  for (int i = 0; i < argc; i++) printf("  argv[%d] = %s\n", i, argv[i]);

  for (int i = 0; envp[i] != NULL; i++) {
    /* The folder of the programs has another name on each machine; what this prints shall not. */
    if (strncmp(envp[i], "PATH=", 5) == 0)
      printf("  envp[%d] = PATH=(the folder of this program)\n", i);
    else
      printf("  envp[%d] = %s\n", i, envp[i]);
  }
  return argc;
}
