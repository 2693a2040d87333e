const NAMES = `
Aaron Abigail Adam Adrian Aisha Alan Albert Alex Alexander Alexandra Alfred Ali Alice Alina Alison Amanda Amelia Amir Amy
Andrea Andreas Andrew Andrzej Angela Angelika Anita Anja Anke Ann Anna Anne Annette Annika Anthony Antje Anton Antonia
Antonio Armin Arne Arnold Arthur Astrid Axel Barbara Bastian Beate Beatrice Ben Benedikt Benjamin Bernd Bernhard Bettina
Birgit Björn Bob Boris Brian Brigitte Britta Bruce Bruno Burkhard Carl Carla Carlos Carmen Carol Caroline Carolin Carsten
Catherine Charles Charlotte Chiara Chloe Chris Christa Christian Christiane Christina Christine Christoph Christopher Claire
Clara Claudia Claus Colin Constanze Cornelia Daniel Daniela David Deborah Denise Dennis Detlef Diana Dieter Dirk Dominik
Donald Dora Doris Dorothea Edgar Edith Eduard Edward Eileen Elena Eleanor Elias Elisabeth Elizabeth Elke Ella Ellen Elsa
Emil Emily Emma Emre Eric Erich Erik Erika Ernst Eva Evelyn Fabian Fatima Felix Finn Fiona Florian Frank Franz Franziska
Fred Frederick Frederik Friedrich Frieda Fritz Gabriel Gabriele Gareth Gary Georg George Gerald Gerd Gerhard Gerlinde Gertrud
Gisela Giulia Gloria Grace Graham Gregor Gudrun Günter Günther Hanna Hannah Hannes Hans Harald Harry Hartmut Hasan Hedwig
Heidi Heike Heiko Heinrich Heinz Helen Helena Helene Helga Helmut Henning Henrik Henry Herbert Hermann Hilde Hildegard
Holger Horst Hubert Hugo Ian Ibrahim Ida Ilse Ina Ines Inga Inge Ingrid Irene Iris Isabel Isabella Jack Jacob Jakob James
Jamie Jan Jana Jane Janet Janina Jasmin Jason Jean Jennifer Jens Jessica Jill Joachim Joan Joanna Jochen Johan Johann
Johanna Johannes John Jonas Jonathan Jörg Josef Joseph Joshua Juan Judith Julia Julian Juliane Jürgen Justin Jutta Kai Karin
Karl Karla Karsten Kate Katharina Katherine Kathrin Katja Katrin Keith Kenneth Kerstin Kevin Kim Klara Klaus Konrad
Kristin Kurt Lara Larry Lars Laura Lea Lena Leo Leon Leonard Leonie Lewis Liam Lily Linda Lisa Lorenz Louis Louise Luca
Lucas Lucy Ludwig Luisa Lukas Lutz Lydia Mandy Manfred Manuel Manuela Marc Marcel Marcus Margaret Margarete Maria Marianne
Marie Marina Mario Marion Mark Markus Marlene Marta Martha Martin Martina Mary Mateusz Mathias Matilda Matthew Matthias
Max Maximilian Mehmet Melanie Mia Michael Michaela Michelle Miguel Mike Mila Miriam Mohamed Mohammed Monica Monika Moritz
Nadine Nadja Nancy Natalie Natascha Nathan Nicholas Nicola Nicole Niklas Nils Nina Noah Nora Norbert Olaf Ole Oliver Olivia
Omar Oscar Oskar Otto Pamela Pascal Patricia Patrick Paul Paula Pauline Peggy Peter Petra Philip Philipp Pia Pierre
Priya Rachel Rainer Ralf Ralph Ramona Raphael Raymond Rebecca Regina Reinhard Renate René Richard Rita Robert Roger
Roland Rolf Roman Ronald Rosa Rosemary Rudolf Ruth Ryan Sabine Sabrina Sally Samantha Samuel Sandra Sara Sarah Sascha
Sebastian Sharon Sibylle Siegfried Sigrid Silke Silvia Simon Simone Sofia Sonja Sophia Sophie Stefan Stefanie Steffen
Stephan Stephanie Stephen Steve Steven Stuart Susan Susanne Svenja Sven Sylvia Tanja Tatjana Thea Theo Theodor Theresa
Thomas Thorsten Tim Timo Tina Tobias Tom Torsten Udo Ulf Ulrich Ulrike Ursula Ute Uwe Valentin Valerie Vanessa Vera
Verena Veronika Victor Victoria Viktor Viktoria Vincent Vivian Volker Walter Wanda Waltraud Wendy Werner Wiebke Wilhelm
William Wolfgang Yasmin Yusuf Yvonne Zoe
`;

/** Common first names in English- and German-speaking countries. */
export const FIRST_NAMES: ReadonlySet<string> = new Set(NAMES.split(/\s+/).filter((name) => name !== ""));
